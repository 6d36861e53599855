"""What must hold before the notebooks' tests are worth running.

python .ci/check.py            every check
python .ci/check.py links      one of them: its function's name

Each check is a function. Its docstring is the sentence that must be true, and what it returns are complaints that say what to do.
"""
import ast
import compileall
import csv
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
ORDER = ('metadata files paper datasets images metrics drawings rfdb aidb network complexity cache pairs leaks optimizers checkpoints '
         'device starts preflight train evaluate intervals runs ablation layers zoo audit ledger stripes translation fusion '
         'runtimes page browser upscaling fuzz measure widgets explore views bench speed cli').split()
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
IMPORT_SECONDS = 0.08  # what `import aidn_nb` may cost after `import torch`


@cache
def notebooks() -> dict[str, nbformat.NotebookNode]:
    "Path below nbs/ → notebook: chapters, workshop and index, then the solutions."
    paths = [path for pattern in ('*.ipynb', 'solutions/*.ipynb') for path in sorted((ROOT / 'nbs').glob(pattern))]
    return {path.relative_to(ROOT / 'nbs').as_posix(): nbformat.read(path, as_version=4) for path in paths}


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


def meanings() -> list[str]:
    "A public name has one meaning in the whole package."
    known, complaints = {}, []
    for name in ORDER:
        tree = ast.parse((ROOT / 'aidn_nb' / f'{name}.py').read_text(encoding='utf-8'))
        for public in next(ast.literal_eval(node.value) for node in tree.body if ast.unparse(node).startswith('__all__ =')):
            if public in known: complaints.append(f'{public} is a name of {known[public]} and of {name}. Give one of them another.')
            known.setdefault(public, name)
    return complaints


def lightness() -> list[str]:
    "`import aidn_nb` loads hardly anything beside PyTorch, and takes hardly longer."
    program = ('import json, sys, time, torch\n'
               'def packages(): return {name.partition(".")[0] for name in sys.modules}\n'
               'before, begun = packages(), time.process_time()\n'
               'import aidn_nb\n'
               'print(json.dumps([time.process_time() - begun, sorted(packages() - before)]))')
    least = float('inf')
    with tempfile.TemporaryDirectory() as name:  # compiled, as it is where it was installed, whether or not this Python may write bytecode
        shutil.copytree(ROOT / 'aidn_nb', Path(name) / 'aidn_nb', ignore=shutil.ignore_patterns('__pycache__', '*.safetensors'))
        compileall.compile_dir(name, quiet=1)
        for _ in range(7):  # the least of several runs, in processor time: what other programs do meanwhile does not count
            done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True, cwd=name)
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
            elif heading and file.suffix == '.ipynb' and heading.casefold() not in headings(file.relative_to(ROOT / 'nbs').as_posix()):
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


# ---- exercises


EXERCISE = re.compile(r'^(\d+)\. (.*?)(?=^\d+\. |\Z)', re.DOTALL | re.MULTILINE)
LINK = re.compile(r' *\[Solution\]\(([^()\s]+)\)')


def exercises() -> list[str]:
    "Every exercise of a story chapter has a time, a hint and a solution that repeats it and asserts something."
    complaints = []
    for name in notebooks():
        if not re.match(r'\d', name): continue
        listed = [cell.partition('## Exercises\n')[2] for cell in cells(name, 'markdown') if '## Exercises\n' in cell]
        found = [match.groups() for match in EXERCISE.finditer('\n'.join(listed))]
        solved = solutions(f'solutions/{name}')
        if not found: complaints.append(f'nbs/{name} has no exercises: a list under "## Exercises", numbered from 1.')
        if [number for number, _ in found] != [str(number) for number in range(1, len(found) + 1)]:
            complaints.append(f'nbs/{name} does not number its exercises from 1.')
        for number, text in found:
            place = f'nbs/{name}, exercise {number},'
            asked, target = re.split(r'\n\s*<details>', text)[0].strip(), LINK.search(text)
            if not re.match(r'\*\(\d+ minutes\)\* ', asked): complaints.append(f'{place} does not begin with its time: *(20 minutes)*')
            if not re.search(r'<details><summary>Hint</summary>\s+\S.*?\s+</details>', text, re.DOTALL):
                complaints.append(f'{place} has no hint: <details><summary>Hint</summary>, an empty line, the hint, another, </details>')
            if not target or target[1] != f'solutions/{name}#Exercise-{number}':
                complaints.append(f'{place} needs the link [Solution](solutions/{name}#Exercise-{number})')
            quoted, asserted = solved.pop(number, ('', True))
            if bare(quoted) != bare(re.sub(r'^\*\(.*?\)\* ', '', LINK.sub('', asked))):
                complaints.append(f'{place} is not repeated, as a quotation, under "## Exercise {number}" of nbs/solutions/{name}.')
            elif not asserted: complaints.append(f'nbs/solutions/{name}, exercise {number}, asserts nothing.')
        complaints += [f'nbs/solutions/{name} solves an exercise {number} that nbs/{name} does not have.' for number in solved]
    strays = [name for name in notebooks() if name.startswith('solutions/') and name.partition('/')[2] not in notebooks()]
    return complaints + [f'nbs/{name} belongs to no chapter.' for name in strays]


def solutions(name: str) -> dict[str, tuple[str, bool]]:
    "Number → the exercise as it is repeated, and whether any code below it asserts something."
    found, number = {}, None
    for cell in notebooks()[name].cells if name in notebooks() else []:
        heading = cell.cell_type == 'markdown' and re.match(r'## Exercise (\d+)\n\n((?:^>.*\n?)+)', cell.source, re.MULTILINE)
        if heading: number, found[heading[1]] = heading[1], (re.sub(r'^> ?', '', heading[2], flags=re.MULTILINE), False)
        elif number and cell.cell_type == 'code' and assertions(parsed(cell.source)): found[number] = found[number][0], True
    return found


def bare(text: str) -> str:
    "Words without the addresses of links and without line breaks."
    return ' '.join(re.sub(r'\]\([^()]*\)', ']', text).split())


def bars() -> list[str]:
    "No stored output, and no stored state of a widget, is the progress bar of a run that is over."
    bar = re.compile(r'\d%\|.*\||it/s\]|s/it\]')
    complaints = []
    for name, book in notebooks().items():
        for cell in book.cells:
            texts = [output.get('text', '') + str(output.get('data', {}).get('text/plain', '')) for output in cell.get('outputs', [])]
            if any(map(bar.search, texts)):
                complaints.append(f'nbs/{name}, cell {cell.id}: run it with progress=False, or clear its output.')
        if 'FloatProgressModel' in json.dumps(book.metadata.get('widgets', {})):
            complaints.append(f'nbs/{name} keeps a progress bar among its metadata, under "widgets". Take it out.')
    return complaints


# ---- numbers


NUMBER = re.compile(r'(?<!SHA-)(?<![\w.,/])(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+|\d{3,})(?!\d|\.[a-z])')
# What a chapter does not say itself: quotations, code, formulas, addresses; sections and years; a number whose source a comment names.
NOT_TOLD = re.compile(r'^>.*?$|^ {4}.*?$|^```.*?^```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|"[^"\n]*"|\]\([^)]*\)'
                      r'|[Ss]ection \d\.\d|\b(?:19|20)\d\ds?\b|\d[\d,.]*<!--.*?-->', re.DOTALL | re.MULTILINE)
PAPER = re.compile(r'paper|abstract|Table|claim|print|text')
PRINTS = ('table1', 'table2', 'table3', 'claims', 'quotes', 'numbers')  # in data/paper, beside what other papers print


def numbers() -> list[str]:
    "A number in prose is computed or asserted by the chapter's code, or is the paper's."
    printed = set().union(*(values((ROOT / 'data' / 'paper' / f'{name}.csv').read_text(encoding='utf-8')) for name in PRINTS))
    complaints = []
    for name, book in notebooks().items():
        code = [parsed(source) for source in cells(name, 'code')]
        known = set().union(*(constants(tree) for tree in code))
        for cell in book.cells:
            if cell.cell_type != 'markdown': continue
            result, _, _ = cell.source.partition('## Exercises')  # what they ask for is no result
            for paragraph in re.split(r'\n\s*\n', NOT_TOLD.sub(' ', result)):
                there = known | printed if PAPER.search(paragraph) else known
                complaints += [f'nbs/{name}, cell {cell.id}, says {number}, which no code of it has. Assert it where it is computed, '
                               'or let a cell show the sentence.' for number in NUMBER.findall(paragraph) if not known_as(number, there)]
        prose = plain('\n\n'.join(cells(name, 'markdown')))
        for source, tree in zip(cells(name, 'code'), code, strict=True):
            for line, words in told(source):
                if not any(node.lineno <= line <= node.end_lineno for node in assertions(tree)):
                    complaints.append(f'nbs/{name}: "# prose: {words}" stands beside no assertion. Move it to the one that proves it.')
                if plain(words) not in prose:
                    complaints.append(f'nbs/{name} asserts {words!r}, and its prose does not say so (any longer).')
    return complaints


def parsed(source: str) -> ast.Module:
    "A cell of code, without IPython's magic."
    return ast.parse(re.sub(r'^( *)[%!].*$', r'\1pass', source, flags=re.MULTILINE))


def values(text: str) -> set[str]:
    "The numbers in a text, each in one notation."
    return {f'{float(number.replace(",", "")):.12g}' for number in re.findall(r'\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?', text)}


def known_as(number: str, known: set[str]) -> bool:
    "Whether a number is known, or is one of three digits to which a known one rounds, by itself or in thousands."
    if values(number) <= known: return True
    digits, decimals = number.replace(',', ''), len(number.partition('.')[2])
    return len(digits.replace('.', '').lstrip('0')) > 2 and any(
        digits == f'{float(value) / unit:.{decimals}f}' for value in known for unit in (1, 1000))


def constants(tree: ast.AST) -> set[str]:
    "The numbers that stand in code, in strings as well, but not in comments."
    every = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    plain_numbers = {f'{value:.12g}' for value in every if isinstance(value, int | float) and not isinstance(value, bool)}
    return plain_numbers.union(*(values(value) for value in every if isinstance(value, str)))


def assertions(tree: ast.AST) -> list[ast.AST]:
    "The statements of code that assert something."
    return [node for node in ast.walk(tree) if isinstance(node, ast.Assert)
            or isinstance(node, ast.Call) and ast.unparse(node.func).split('.')[-1].startswith(('test_', 'assert_'))]


def told(source: str) -> list[tuple[int, str]]:
    "Line and words of the comments that say which words of the prose an assertion proves."
    found = ((line, re.search(r'# prose: (.+)', text)) for line, text in enumerate(source.splitlines(), 1))
    return [(line, match[1].strip()) for line, match in found if match]


def plain(text: str) -> str:
    "Words without emphasis, line breaks and capitals."
    return re.sub(r'\s+', ' ', re.sub(r'[*`]', '', text)).casefold()


# ---- quotations


# Double quotation marks in prose hold words of the paper, and so do passages behind ">". Code, links and remarks of HTML are no prose.
NO_PROSE = re.compile(r'^```.*?^```|`[^`]*`|\]\([^)]*\)|<[^>]*>', re.DOTALL | re.MULTILINE)
QUOTED = re.compile(r'"([^"\n]+)"|“([^”\n]+)”')


def quotations() -> list[str]:
    "What notebooks and claims quote stands in data/paper/quotes.csv (and that in the paper, if AIDN_PAPER names a file with its text)."
    passages = [row['quote'] for row in rows('quotes.csv')]
    complaints = []
    for path in sorted((ROOT / 'nbs').rglob('*.ipynb')):
        for cell, quoted in quoted_in(path):
            complaints += [f'{path.relative_to(ROOT)}, cell {cell}, quotes {piece!r}, which is not in data/paper/quotes.csv. '
                           'Correct it, add the passage of the paper there, or set words of others in italics.'
                           for piece in pieces(quoted) if not within(piece, passages)]
    for row in rows('claims.csv'):
        if row['rule'] == 'reference': continue  # no claim of the paper
        complaints += [f'The claim {row["claim"]} quotes {piece!r}, which is not in data/paper/quotes.csv.'
                       for piece in pieces(row['quote']) if not within(piece, passages)]
    if paper := os.environ.get('AIDN_PAPER'):
        text = Path(paper).read_text(encoding='utf-8')
        columns = '\n'.join(line for line in text.splitlines() if '\t' not in line and not re.match(r'(Table|Figure) \d\.', line))
        found = [as_printed(columns), as_printed(text)]  # sentences go on behind a table; and tables are quoted, too
        complaints += [f'{paper} does not say {passage!r}.' for passage in passages
                       if not any(as_printed(passage) in text for text in found)]
    return complaints


def rows(name: str) -> list[dict]:
    "The rows of a table in data/paper."
    with (ROOT / 'data' / 'paper' / name).open(encoding='utf-8', newline='') as file: return list(csv.DictReader(file))


def quoted_in(path: Path) -> Iterator[tuple[str, str]]:
    "Cell and words of all that a notebook quotes. The line below its title is its own, and a solution begins with its exercise."
    for number, cell in enumerate(nbformat.read(path, as_version=4).cells):
        if cell.cell_type != 'markdown': continue
        own = number == 0 or path.parent.name == 'solutions' and cell.source.startswith('## Exercise')
        blocks = [re.sub(r'^> ?', '', block, flags=re.MULTILINE) for block in re.findall(r'(?:^>.*\n?)+', cell.source, re.MULTILINE)]
        prose = NO_PROSE.sub(' ', re.sub(r'^>.*$', '', cell.source, flags=re.MULTILINE))
        yield from ((cell.id, words) for words in [*blocks[own:], *(''.join(match) for match in QUOTED.findall(prose))])


def pieces(quoted: str) -> list[str]:
    "A quotation between its omissions, without punctuation at the ends."
    return [piece.strip(' \n.,;:') for piece in quoted.split('…') if piece.strip(' \n.,;:')]


def within(piece: str, passages: list[str]) -> bool:
    "Whether a passage has these words, letter for letter, but for the capital of the first."
    words = re.escape(' '.join(piece.split()))
    return any(re.search(rf'(?<!\w)(?:{words}|{re.escape(piece[0].swapcase())}{words[len(re.escape(piece[0])):]})(?!\w)', passage)
               for passage in passages)


def as_printed(text: str) -> str:
    "The paper's text in the notation of quotes.csv: no numbers of references, no line breaks, no LaTeX around signs and exponents."
    text = re.sub(r'<[^>]*>', ' ', text).replace('$', '').replace(r'\times', '×')
    text = re.sub(r'\^\{(-?\d)\}', lambda match: match[1].translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹')), text)
    text = re.sub(r'\s+', ' ', re.sub(r'\s*\[\d+(?:, ?\d+)*\]', '', text))
    return re.sub(r' ([.,;])', r'\1', re.sub(r'(?<=\d) ×', '×', text.replace('× ', '×')))


# ---- what the paper's text prints


# How many and how much: figures that no letter precedes, and words, ranks among them.
PRINTED = re.compile(r"(?<![\w.'])(?:\d / \d|×?\d+(?:\.\d+)?(?:×\d+[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]*)?)"
                     r'|\b(?:two|three|four|five|six|seven|eight|nine|ten|half)\b|\b(?:first|second)(?= place)|(?<=ranked )second')
# What points at something or counts nothing: figures, tables, equations, rows; items of a list; the year of a contest.
POINTER = re.compile(r'(?:Figure|Fig\.?|Table|[Ee]quation) ?\(?\d\)?|(?:first|last) two|\b\d\.(?=[A-Z])|(?<=AIM )20\d\d')


def printed() -> list[str]:
    "Every row of numbers.csv quotes its number (and every number in the paper's text has a row, if AIDN_PAPER names a file with it)."
    listed = rows('numbers.csv')
    complaints = [f'numbers.csv: {row["context"]!r} does not have {row["printed"]!r} once.' for row in listed
                  if [match[0] for match in PRINTED.finditer(masked(row['context']))].count(row['printed']) != 1]
    if not (paper := os.environ.get('AIDN_PAPER')): return complaints
    text = sections(Path(paper).read_text(encoding='utf-8'))
    missing = {(name, match.start()): match[0] for name, passage in text.items() for match in PRINTED.finditer(masked(passage))}
    for row in listed:
        passage = text.get(row['section'], '')
        if passage.count(row['context']) != 1:
            complaints.append(f'numbers.csv: section {row["section"]} of {paper} does not say {row["context"]!r} once.')
            continue
        begin = passage.index(row['context'])
        inside = [match.start() for match in PRINTED.finditer(masked(row['context'])) if match[0] == row['printed']]
        if not any(missing.pop((row['section'], begin + place), None) for place in inside):
            complaints.append(f'numbers.csv has {row["printed"]!r} in {row["context"]!r} twice.')
    return complaints + [f'numbers.csv has no row for {number!r} in section {name}: {text[name][max(place - 40, 0):place + 40]!r}'
                         for (name, place), number in missing.items()]


def masked(text: str) -> str:
    "The text, as long as before, without what only points."
    return POINTER.sub(lambda match: '#' * len(match[0]), text)


def sections(text: str) -> dict[str, str]:
    "Section or caption → its words as `as_printed` has them, without tables, formulas and the numbers of sections and equations."
    text = re.sub(r'(?ms)^\$\$.*?\$\$\s*$', '', text.partition('\nReferences\n')[0])
    found, name = {}, None
    for line in text.splitlines():
        if caption := re.match(r'((?:Table|Figure) \d)\. ', line): found[caption[1]] = line[caption.end():]
        elif heading := re.match(r'(?:(\d(?:\.\d)?)\. [A-Z].*|Abstract)$', line):
            name = heading[1] or 'abstract'
            found[name] = ''
        elif name and '\t' not in line: found[name] += f'{line}\n'  # a row of a table has tabs
    formula = r'\$(\\times \d)\$|\$[^$\n]*\$|F_\{[^}]*\}'
    return {name: as_printed(re.sub(r'(?m)^\s*\(\d\)\s*$', '', re.sub(formula, lambda match: match[1] or '', part)))
            for name, part in found.items()}


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


CHECKS = {check.__name__: check for check in (agreement, arrows, plan, meanings, lightness, lines, ruff, links, colab, exercises, bars,
                                            numbers, quotations, printed, readme, version)}


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
