"""Do a wheel and a source distribution install outside of the clone, and does what they install work there?

Both are built from a copy of the working tree, without a network. Each is installed into an empty folder of its own, beside the libraries
of this environment, and used from another.
"""
import filecmp
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = ('.git', '.venv', 'build', 'dist', 'runs', 'nbs', '*.egg-info', '__pycache__', '.ruff_cache')
MOST_BYTES = 12_000_000  # of either, so that they do not grow unnoticed; the networks that ship have 9 million


def run(*command, **options) -> str:
    "What a command prints. If it fails, leave with all that it said."
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode: sys.exit(f'{" ".join(map(str, command))}\nfailed:\n{done.stdout}{done.stderr}')
    return done.stdout


def check(holds: bool, otherwise: str):
    "Leave with a sentence unless something holds."
    if not holds: sys.exit(otherwise)


def build(folder: Path) -> dict[str, Path]: # kind → file
    "A wheel, and a source distribution, of which pip will make its own wheel."
    source, made = folder / 'source', folder / 'dist'
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*LEFT_OUT))
    run(sys.executable, '-m', 'build', '--no-isolation', '--sdist', '--wheel', '--outdir', made, source)
    return {'wheel': next(made.glob('*.whl')), 'source distribution': next(made.glob('*.tar.gz'))}


def install(file: Path, place: Path) -> set[str]: # the files of the package
    "Install a distribution into a folder, without its requirements, which are here already."
    run(sys.executable, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-index', '--no-deps', '--no-build-isolation',
        '--target', place, file)
    return {str(path.relative_to(place)) for path in (place / 'aidn_nb').rglob('*') if path.is_file() and path.suffix != '.pyc'}


def check_metadata(place: Path):
    "What package indexes show."
    found = next(importlib.metadata.distributions(path=[str(place)])).metadata
    check(found['License-Expression'] == 'Apache-2.0', 'The licence is not an SPDX expression: see pyproject.toml.')
    check('LICENSE' in found.get_all('License-File', []), 'The licence does not travel with the package.')
    check(not any('License ::' in line for line in found.get_all('Classifier')), 'Licence classifiers are deprecated: see setup.py.')
    check(bool(found.get_all('Project-URL')), 'There are no project URLs: see setup.py.')
    check({'dev', 'notebooks', 'train'} <= set(found.get_all('Provides-Extra')), 'An extra is missing: see settings.ini.')


def check_tables(place: Path):
    "The tables that chapters read: all of those in data/, byte by byte."
    tables = [path.relative_to(ROOT / 'data') for name in ('registry.csv', 'paper/*.csv', 'results/*.csv', 'golden/*')
              for path in (ROOT / 'data').glob(name)]
    for table in tables:
        other = place / 'aidn_nb' / 'tables' / table
        check(other.is_file() and filecmp.cmp(ROOT / 'data' / table, other, shallow=False), f'data/{table} does not travel: see setup.py.')
    check((place / 'aidn_nb' / 'py.typed').is_file(), 'py.typed does not travel: see setup.py.')


def use(place: Path, elsewhere: Path):
    "Use what was installed, in an empty folder: the library, the command, the module."
    elsewhere.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith('AIDN_') and name != 'IN_TEST'}
    options = dict(cwd=elsewhere, env=environment | dict(PYTHONPATH=str(place), AIDN_DATA=str(elsewhere / 'data'), OMP_NUM_THREADS='1'))
    version = run(sys.executable, __file__, 'library', place, **options).strip()
    check(run(place / 'bin' / 'aidn', '--version', **options) == f'aidn_nb {version}\n', 'aidn --version tells another version.')
    said = run(sys.executable, '-m', 'aidn_nb', 'upscale', 'small.png', '--out', 'large', '--device', 'cpu', **options)
    check('1 enlarged' in said and (elsewhere / 'large' / 'small.png').is_file(), f'aidn upscale did not enlarge an image. It said: {said}')


def library(place: Path):
    "What a program does with the installed package (in a process of its own)."
    import aidn_nb
    from aidn_nb.datasets import registry
    from aidn_nb.files import write_photo
    from aidn_nb.paper import claims, results_folder, table, tables_folder
    from skimage.data import chelsea
    check(Path(aidn_nb.__file__).is_relative_to(place), f'{aidn_nb.__file__} was imported, and not what is installed in {place}.')
    check(tables_folder() == place / 'aidn_nb' / 'tables', f'Tables are looked for in {tables_folder()}.')
    check(len(claims()) > 0 and len(registry()) > 0 and len(table(1)) > 0, 'A table is empty.')
    check(results_folder() == Path('aidn_results'), f'Results would be written into {results_folder()}, which belongs to the package.')
    networks = importlib.metadata.entry_points(group='aidn_nb.networks', name='AblationNetwork')
    check(importlib.metadata.version('aidn_nb') == aidn_nb.__version__, 'The metadata tell another version than the package.')
    check(len(networks) > 0, 'The ablation network has no entry point: see setup.py.')
    write_photo('small.png', chelsea()[100:120, 100:124])
    print(aidn_nb.__version__)


def main():
    if sys.argv[1:2] == ['library']: return library(Path(sys.argv[2]))
    with tempfile.TemporaryDirectory() as name:
        folder, contents = Path(name).resolve(), {}
        for number, (kind, file) in enumerate(build(folder).items()):
            place = folder / f'place{number}'
            contents[kind] = install(file, place)
            check_metadata(place)
            check_tables(place)
            use(place, folder / f'elsewhere{number}')
            size = file.stat().st_size
            check(size <= MOST_BYTES, f'The {kind} has {size:,} bytes. What made it so large?')
            print(f'ok      A {kind} of {size / 1e6:.1f} MB installs and works outside of the clone.', flush=True)
        differ = contents['wheel'] ^ contents['source distribution']
        check(not differ, f'Only one of wheel and source distribution holds {", ".join(sorted(differ))}: see MANIFEST.in.')


if __name__ == '__main__': main()
