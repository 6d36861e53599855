"Write README.md, and its picture, from nbs/index.ipynb as it was last run."
import re
import shutil
from pathlib import Path

import nbformat
from nbconvert import MarkdownExporter

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / 'nbs' / 'readme'

book = nbformat.read(ROOT / 'nbs' / 'index.ipynb', as_version=4)
book.metadata['language_info'] = {'name': 'python'}
book.cells = [cell for cell in book.cells if not re.match(r'#\|\s*(hide|export|default_exp)', cell.source)]
for cell in book.cells:
    if cell.source.startswith('#| echo: false'): cell.source = ''
text, resources = MarkdownExporter().from_notebook_node(book)

shutil.rmtree(PICTURES, ignore_errors=True)
for number, (name, content) in enumerate(sorted(resources['outputs'].items())):
    picture = PICTURES / f'picture{number}{Path(name).suffix}'
    picture.parent.mkdir(exist_ok=True)
    picture.write_bytes(content)
    text = text.replace(f'![png]({name})', f'![A photograph enlarged four times](nbs/readme/{picture.name})')
text = re.sub(r'```python\s*```\n*', '', text)
text = re.sub(r'\]\((\w+\.ipynb)', r'](nbs/\1', text)
text = text.replace('](../', '](')
text = re.sub(r'\n{3,}', '\n\n', text).strip() + '\n'
(ROOT / 'README.md').write_text('<!-- Made from nbs/index.ipynb by `make readme`. -->\n\n' + text, encoding='utf-8')
