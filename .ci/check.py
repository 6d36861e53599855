"Is the library what the notebooks export, are the notebooks clean, is README.md what the index says, and does its code run as written?"
import filecmp
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
MADE = ('nbs', 'aidn_nb', 'README.md', 'pyproject.toml')  # what the book's tools write


def differences(made: Path) -> list[str]:
    "The files of the working tree that the tools, run on a copy, would have written differently."
    def files(folder):
        return {path.relative_to(folder) for name in MADE for path in [folder / name, *(folder / name).rglob('*')]
                if path.is_file() and '__pycache__' not in path.parts and '.ipynb_checkpoints' not in path.parts}
    ours, theirs = files(ROOT), files(made)
    return sorted(str(path) for path in ours | theirs
                  if path not in ours or path not in theirs or not filecmp.cmp(ROOT / path, made / path, shallow=False))


with tempfile.TemporaryDirectory() as name:
    copy = Path(name) / ROOT.name
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns('.git', '.venv', 'build', '__pycache__', '.ipynb_checkpoints', 'runs'))
    for module in (copy / 'aidn_nb').glob('*.py'): module.unlink()
    for command in ([BIN / 'nbdev_export'], [BIN / 'nbdev_clean'], [sys.executable, '.ci/readme.py']):
        subprocess.run(command, cwd=copy, check=True, env={**os.environ, 'PYTHONPATH': str(copy)})
    changed = differences(copy)

if changed:
    sys.exit('These files are not what the notebooks make of them: ' + ', '.join(changed) +
             '.\nEdit the notebooks, then run `make notebooks` (or nbdev_export, nbdev_clean and `make readme`), and commit what it wrote.')
with tempfile.TemporaryDirectory() as elsewhere:
    code = '\n'.join(re.findall(r'^```python\n(.*?)^```', (ROOT / 'README.md').read_text(encoding='utf-8'), re.DOTALL | re.MULTILINE))
    if subprocess.run([sys.executable, '-c', code], cwd=elsewhere).returncode: sys.exit('The Python code of README.md does not run as it is written there.')
print('The library, the notebooks and README.md agree, and the code in README.md runs.')
