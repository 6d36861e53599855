"Package metadata comes from settings.ini; the tables in data/ travel with the wheel as aidn_nb/tables."
from configparser import ConfigParser
from pathlib import Path

from setuptools import setup

settings = ConfigParser(delimiters=['='])
settings.read('settings.ini', encoding='utf-8')
settings = settings['DEFAULT']
extras = {name: settings[f'{name}_requirements'].split() for name in ('notebooks', 'train', 'dev')}
extras['dev'] += extras['notebooks'] + extras['train']

setup(
    name=settings['lib_name'],
    version=settings['version'],
    description=settings['description'],
    long_description=Path('README.md').read_text(encoding='utf-8') if Path('README.md').exists() else '',
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    author=settings['author'],
    author_email=settings['author_email'],
    url=settings['git_url'],
    keywords=settings['keywords'],
    python_requires=f">={settings['min_python']}",
    packages=['aidn_nb', 'aidn_nb.tables'],
    package_dir={'aidn_nb.tables': 'data'},
    package_data={'aidn_nb': ['weights/*'], 'aidn_nb.tables': ['registry.csv', 'paper/*.csv']},
    install_requires=settings['requirements'].split(),
    extras_require=extras,
    entry_points={'console_scripts': ['aidn=aidn_nb.cli:main'], 'aidn_nb.networks': ['AblationNetwork=aidn_nb.ablation:AblationNetwork']},
    classifiers=['Development Status :: 3 - Alpha',
                 'Intended Audience :: Science/Research',
                 'Programming Language :: Python :: 3'],
)
