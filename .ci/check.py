"""What must hold before the notebooks' tests are worth running.

python .ci/check.py            every check
python .ci/check.py links      one of them: its function's name

Each check is a function. Its docstring is the sentence that must be true, and what it returns are complaints that say what to do.
"""
import ast
import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

# Every module, in the order in which imports run: a module may import those before it. CONTRIBUTING.md tells the same list.
ORDER = ('files paper datasets images metrics rfdb aidb network complexity cache pairs leaks checkpoints device starts train evaluate '
         'intervals runs ablation stripes upscaling measure widgets explore views cli').split()
LONGEST_LINE = 140
COLAB = 'https://colab.research.google.com/github/aidn-nb/aidn_nb/blob/main/nbs'
INSTALL = """\
#| hide
import importlib.util

if importlib.util.find_spec('aidn_nb') is None: # on Colab
    %pip install -q 'aidn_nb[notebooks,train] @ git+https://github.com/aidn-nb/aidn_nb'"""
MADE = ('nbs', 'aidn_nb', 'README.md', 'pyproject.toml')  # what the book's tools write
HANDWRITTEN = ('__main__.py',)  # modules that no notebook exports
LEFT_OUT = ('.git', '.venv', 'build', 'dist', 'runs', '*.egg-info', '__pycache__', '.ipynb_checkpoints', '.ruff_cache')
LIGHT = {'aidn_nb', 'PIL', 'png', 'pooch', 'platformdirs', 'packaging', 'safetensors', 'tqdm'}  # what aidn_nb may load beside PyTorch
IMPORT_SECONDS = 0.1  # what `import aidn_nb` may cost after `import torch`


@cache
def notebooks() -> dict[str, nbformat.NotebookNode]:
    "Name of the file → notebook, as it is read in nbs/."
    return {path.name: nbformat.read(path, as_version=4) for path in sorted((ROOT / 'nbs').glob('*.ipynb'))}


def cells(name: str, kind: str) -> list[str]:
    "The sources of a notebook's cells: `'code'` or `'markdown'`."
    return [cell.source for cell in notebooks()[name].cells if cell.cell_type == kind]


# ---- the library is what the notebooks say


def agreement() -> list[str]:
    "The library, the notebooks and README.md agree."
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / ROOT.name
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
        for module in (copy / 'aidn_nb').glob('*.py'):
            if module.name not in HANDWRITTEN: module.unlink()
        for command in ([BIN / 'nbdev_export'], [BIN / 'nbdev_clean'], [sys.executable, '.ci/readme.py']):
            subprocess.run(command, cwd=copy, check=True, env={**os.environ, 'PYTHONPATH': str(copy)})
        changed = differences(copy)
    if not changed: return []
    return [f'Not what the notebooks make of them: {", ".join(changed)}. Edit the notebooks, then run `make notebooks` '
            '(or nbdev_export, nbdev_clean and `make readme`), and commit what it wrote.']


def differences(made: Path) -> list[str]:
    "The files of the working tree that the tools, run on a copy, have written differently."
    def files(folder):
        return {path.relative_to(folder) for name in MADE for path in [folder / name, *(folder / name).rglob('*')]
                if path.is_file() and '__pycache__' not in path.parts and '.ipynb_checkpoints' not in path.parts}
    ours, theirs = files(ROOT), files(made)
    return sorted(str(path) for path in ours | theirs
                  if path not in ours or path not in theirs or not filecmp.cmp(ROOT / path, made / path, shallow=False))


# ---- imports


def arrows() -> list[str]:
    "Imports run one way, down the list of modules."
    present = {path.stem: path for path in sorted((ROOT / 'aidn_nb').glob('*.py')) if path.stem not in ('__init__', '__main__', '_modidx')}
    where = 'ORDER in .ci/check.py, and the list in CONTRIBUTING.md'
    complaints = [f'aidn_nb/{name}.py has no place in the order of imports. Give it one: {where}.' for name in present if name not in ORDER]
    complaints += [f'There is no module {name}. Take it out of {where}.' for name in ORDER if name not in present]
    for name in [name for name in ORDER if name in present]:
        earlier = ORDER[:ORDER.index(name) + 1]  # a module may name itself, as one does that starts processes
        for line, other in imports(ast.parse(present[name].read_text(encoding='utf-8'))):
            if other in earlier: continue
            cure = 'comes later in the order: move what is needed' if other in ORDER else 'is no module: import from the one that has it'
            complaints.append(f'aidn_nb/{name}.py, line {line}, imports {other}, which {cure}.')
    return complaints


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    "Line and name of each module of ours that a module imports, in functions too, but not where it runs as a command."
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "__name__ == '__main__'" in ast.unparse(node.test): continue
        if isinstance(node, ast.Import): full = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = '.'.join(filter(None, ('aidn_nb' if node.level else '', node.module)))
            full = [f'{origin}.{alias.name}' for alias in node.names]
        else: full = []
        for name in full:
            package, _, rest = name.partition('.')
            if package == 'aidn_nb' and rest != '__version__': yield node.lineno, rest.partition('.')[0] or 'aidn_nb'
        yield from imports(node)


def plan() -> list[str]:
    "CONTRIBUTING.md tells the order of imports that is checked."
    text = (ROOT / 'CONTRIBUTING.md').read_text(encoding='utf-8')
    told = re.search(r'\*\*Imports run one way\*\*, down this list: ([^.]*)\.', text)
    if told and re.findall(r'`(\w+)`', told[1]) == ORDER: return []
    return ['CONTRIBUTING.md has another list after "**Imports run one way**, down this list:". It should be: '
            + ', '.join(f'`{name}`' for name in ORDER) + '.']


def lightness() -> list[str]:
    "`import aidn_nb` loads hardly anything beside PyTorch, and takes hardly longer."
    program = ('import json, sys, time, torch\n'
               'def packages(): return {name.partition(".")[0] for name in sys.modules}\n'
               'before, begun = packages(), time.process_time()\n'
               'import aidn_nb\n'
               'print(json.dumps([time.process_time() - begun, sorted(packages() - before)]))')
    least = float('inf')
    for _ in range(7):  # the least of several runs, in processor time: what other programs do meanwhile does not count
        done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True, cwd=ROOT)
        if done.returncode: return [f'`import aidn_nb` fails: {done.stderr.strip().splitlines()[-1]}']
        seconds, loaded = json.loads(done.stdout)
        least = min(least, seconds)
        if least <= IMPORT_SECONDS: break
    heavy = [name for name in loaded if name not in LIGHT | set(sys.stdlib_module_names)]
    complaints = [f'`import aidn_nb` loads {", ".join(heavy)}. Import inside of the function that needs it.'] if heavy else []
    if least > IMPORT_SECONDS:
        complaints.append(f'`import aidn_nb` costs {least:.2f} s after `import torch`, more than {IMPORT_SECONDS} s. '
                          '`python -X importtime -c "import aidn_nb"` tells where.')
    return complaints


# ---- style


def lines() -> list[str]:
    "No line of code is longer than 140 characters."
    sources = {f'nbs/{name}, cell {number}': cell.source for name, book in notebooks().items()
               for number, cell in enumerate(book.cells) if cell.cell_type == 'code'}  # and so the modules, which come from there
    by_hand = [ROOT / 'setup.py', *(ROOT / 'aidn_nb' / name for name in HANDWRITTEN), *sorted((ROOT / '.ci').iterdir())]
    sources |= {str(path.relative_to(ROOT)): path.read_text(encoding='utf-8') for path in by_hand if path.is_file()}
    return [f'{place}, line {number} has {len(line)} characters. Break it.' for place, source in sources.items()
            for number, line in enumerate(source.splitlines(), 1) if len(line) > LONGEST_LINE]


def ruff() -> list[str]:
    "ruff finds no mistakes (its rules F and B)."
    command = [BIN / 'ruff', 'check', '--no-cache', '--quiet', '--output-format', 'concise', 'aidn_nb', 'nbs', '.ci', 'setup.py']
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return (done.stdout + done.stderr).splitlines() if done.returncode else []


# ---- links


def links() -> list[str]:
    "Links between notebooks, and to files of the project, lead somewhere."
    pages = {f'nbs/{name}': '\n\n'.join(cells(name, 'markdown')) for name in notebooks()}
    pages |= {name: (ROOT / name).read_text(encoding='utf-8') for name in ('README.md', 'CONTRIBUTING.md', 'CHANGELOG.md')}
    complaints = []
    for page, text in pages.items():
        prose = re.sub(r'^```.*?^```|`[^`\n]*`', '', text, flags=re.DOTALL | re.MULTILINE)
        for target in re.findall(r'\]\(([^()\s]+)\)', prose):
            if re.match(r'\w+:', target): continue  # another site, a mail address
            path, _, heading = target.partition('#')
            file = ((ROOT / page).parent / path).resolve() if path else ROOT / page
            if not file.exists(): complaints.append(f'{page} links to {target}, and there is no such file.')
            elif heading and file.suffix == '.ipynb' and heading.casefold() not in headings(file.name):
                complaints.append(f'{page} links to {target}, and {file.name} has no such heading.')
    return complaints


def headings(name: str) -> set[str]:
    "The anchors that JupyterLab gives to a notebook's headings, in small letters."
    found = re.findall(r'^#+ +(.+?) *$', '\n\n'.join(cells(name, 'markdown')), re.MULTILINE)
    return {re.sub(r'\s', '-', re.sub(r'[`*]', '', heading)).casefold() for heading in found}


def colab() -> list[str]:
    "Each notebook opens with a link to Colab, and one hidden cell makes it run there."
    complaints = []
    for name, book in notebooks().items():
        if f'[Open in Colab]({COLAB}/{name})' not in book.cells[0].source:
            complaints.append(f'nbs/{name} needs this line in its first cell: [Open in Colab]({COLAB}/{name})')
        code = cells(name, 'code')
        first = next((i for i, source in enumerate(code) if re.search(r'^ *(from|import) aidn_nb\b', source, re.MULTILINE)), len(code))
        if INSTALL not in code[:first]:
            complaints.append(f'nbs/{name} needs this cell before the first that imports aidn_nb:\n{INSTALL}')
    return complaints


# ---- README and version


def readme() -> list[str]:
    "The code in README.md runs as it is written there."
    code = re.findall(r'^```python\n(.*?)^```', (ROOT / 'README.md').read_text(encoding='utf-8'), re.DOTALL | re.MULTILINE)
    with tempfile.TemporaryDirectory() as elsewhere:
        done = subprocess.run([sys.executable, '-c', '\n'.join(code)], cwd=elsewhere, capture_output=True, text=True)
    return [f'It ends with:\n{done.stderr.strip()}'] if done.returncode else []


def version() -> list[str]:
    "settings.ini, the library, CITATION.cff and CHANGELOG.md name the same version."
    settings = ConfigParser(delimiters=['='])
    settings.read(ROOT / 'settings.ini', encoding='utf-8')
    here = settings['DEFAULT']['version']
    places = {'aidn_nb/__init__.py': r'^__version__ = "(.*)"', 'CITATION.cff': r'^version: (.*)', 'CHANGELOG.md': r'^## (\S+)'}
    told = {file: re.search(pattern, (ROOT / file).read_text(encoding='utf-8'), re.MULTILINE) for file, pattern in places.items()}
    return [f'{file} says {found and found[1]} where settings.ini says {here}.'
            for file, found in told.items() if not found or found[1] != here]


CHECKS = {check.__name__: check for check in (agreement, arrows, plan, lightness, lines, ruff, links, colab, readme, version)}


def main():
    "Run the checks that are named, or all of them, and say how each went."
    unknown = [name for name in sys.argv[1:] if name not in CHECKS]
    if unknown: sys.exit(f'There is no check {unknown[0]!r}. There are: {", ".join(CHECKS)}.')
    failed = 0
    for name in sys.argv[1:] or CHECKS:
        complaints = CHECKS[name]()
        print(f'{"FAILED" if complaints else "ok    "}  {CHECKS[name].__doc__}', *complaints, sep='\n        ', flush=True)
        failed += bool(complaints)
    sys.exit(failed > 0)


if __name__ == '__main__': main()
