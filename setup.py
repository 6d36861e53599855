"Package metadata comes from settings.ini and pyproject.toml; the tables in data/ travel with the package as aidn_nb/tables."
from configparser import ConfigParser
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).resolve().parent
settings = ConfigParser(delimiters=['='])
with open(HERE / 'settings.ini', encoding='utf-8') as file: settings.read_file(file)
settings = settings['DEFAULT']
extras = {name: settings[f'{name}_requirements'].split() for name in ('notebooks', 'train', 'runtimes', 'dev')}
extras['dev'] += extras['notebooks'] + extras['train'] + extras['runtimes']
address = settings['git_url']

setup(
    version=settings['version'],
    description=settings['description'],
    long_description=(HERE / 'README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    author=settings['author'],
    author_email=settings['author_email'],
    keywords=settings['keywords'],
    project_urls={'Homepage': address,
                  'Documentation': f'{address}/blob/main/nbs/index.ipynb',
                  'Changelog': f'{address}/blob/main/CHANGELOG.md',
                  'Issues': f'{address}/issues',
                  'Paper': settings['paper_url']},
    packages=['aidn_nb', 'aidn_nb.tables'],
    package_dir={'aidn_nb.tables': 'data'},
    package_data={'aidn_nb': ['py.typed', 'weights/*'],
                  'aidn_nb.tables': ['*.csv', 'paper/*.csv', 'results/*.csv', 'golden/*']},
    install_requires=settings['requirements'].split(),
    extras_require=extras,
    entry_points={'console_scripts': ['aidn=aidn_nb.cli:main'],
                  'aidn_nb.networks': ['AblationNetwork=aidn_nb.ablation:AblationNetwork', 'IMDN=aidn_nb.zoo:IMDN'],
                  'aidn_nb.released': ['model.1.sub.0.conv1.0.weight=aidn_nb.zoo:imdn_from_released']},
    classifiers=['Development Status :: 3 - Alpha',
                 'Intended Audience :: Science/Research',
                 'Programming Language :: Python :: 3',
                 'Topic :: Multimedia :: Graphics',
                 'Topic :: Scientific/Engineering :: Image Processing',
                 'Typing :: Typed'],
)
