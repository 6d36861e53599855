"Open chapters in JupyterLab in a headless Chromium, run all their cells, use their widgets as a reader would, and say what went wrong."
import argparse
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from playwright.sync_api import Error, TimeoutError, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / 'build' / 'lab'  # ignored by git, like all of build/
BROWSERS = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
PATIENCE = 300  # seconds for a notebook, opening included
TOGETHER = min(2, os.cpu_count() or 1)  # notebooks at a time
CHROMIUM = ('--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
            '--disable-component-update', '--disable-sync', '--disable-default-apps', '--disable-dev-shm-usage')
# What JupyterLab itself writes to the console as an error: pattern → reason. Whatever is not here counts as ours.
# With the pinned versions there is nothing.
NOISE = {}


@contextmanager
def lab(folder: Path):
    "JupyterLab of this environment, serving a folder with settings of its own. Yields address and token; ends it with all its kernels."
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    token, home = secrets.token_hex(16), folder.parent / 'home'
    quiet = home / 'settings' / '@jupyterlab' / 'apputils-extension' / 'notification.jupyterlab-settings'
    quiet.parent.mkdir(parents=True)
    quiet.write_text(json.dumps(dict(fetchNews='false', checkForUpdates=False, doNotDisturbMode=True)))
    places = {name: str(home / name.lower()) for name in ('JUPYTER_CONFIG_DIR', 'JUPYTER_DATA_DIR', 'JUPYTER_RUNTIME_DIR', 'IPYTHONDIR')}
    modules = os.pathsep.join(filter(None, [str(ROOT), os.environ.get('PYTHONPATH')]))
    with open(home / 'lab.log', 'w') as log:
        server = subprocess.Popen(
            [sys.executable, '-m', 'jupyterlab', '--no-browser', '--allow-root', '--ip=127.0.0.1', f'--ServerApp.port={port}',
             '--ServerApp.port_retries=0', f'--IdentityProvider.token={token}', f'--ServerApp.root_dir={folder}',
             '--LabApp.expose_app_in_browser=True', '--LabApp.extension_manager=readonly',
             f'--LabApp.user_settings_dir={home / "settings"}', f'--LabApp.workspaces_dir={home / "workspaces"}'],
            env={'OMP_NUM_THREADS': '1', **os.environ, **places, 'AIDN_RESULTS': str(home / 'results'), 'PYTHONPATH': modules},
            stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        address, deadline = f'http://127.0.0.1:{port}', time.monotonic() + 90
        while True:
            try:
                urllib.request.urlopen(f'{address}/api?token={token}', timeout=5).close()
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > deadline:
                    last = (home / 'lab.log').read_text().splitlines()[-15:]
                    sys.exit('JupyterLab does not start. The last it said:\n' + '\n'.join(last))
                time.sleep(0.3)
        yield address, token
    finally:
        server.send_signal(signal.SIGTERM)   # ends its kernels, too
        with suppress(subprocess.TimeoutExpired): server.wait(20)
        with suppress(ProcessLookupError): os.killpg(server.pid, signal.SIGKILL)
        server.wait()


class Reader:
    "One notebook in the browser, and what went wrong while it was read."
    def __init__(self, browser, address: str, token: str, name: str):
        self.name, self.address, self.token = name, address, token
        self.wrong, self.skipped, self.deadline = [], [], time.monotonic() + PATIENCE
        self.context = browser.new_context(viewport=dict(width=1280, height=900))
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.page.on('console', self.console)
        self.page.on('pageerror', self.error)
        self.page.on('request', self.request)

    def console(self, message):
        "What is written to the console counts if it is an error."
        if message.type == 'error': self.error(f"{message.text} ({message.location.get('url', '')})")

    def error(self, error):
        words = str(error)
        if not any(re.search(known, words) for known in NOISE): self.wrong.append(f'{self.name}: console error: {words[:400]}')

    def request(self, request):
        "A page may ask its own server, and nobody else."
        own = ('data:', 'blob:', self.address, self.address.replace('http', 'ws'))
        if not request.url.startswith(own): self.wrong.append(f'{self.name}: the page asks the network for {request.url}')

    def left(self) -> float:
        return max(1.0, self.deadline - time.monotonic())

    def run(self):
        "Open the notebook, run all cells, and collect every error among the outputs."
        self.page.goto(f'{self.address}/lab/tree/{self.name}.ipynb?token={self.token}&reset', wait_until='domcontentloaded')
        self.page.wait_for_function('''() => { const panel = window.jupyterapp?.shell.currentWidget;
            return panel?.content?.model?.cells?.length && panel.sessionContext?.session?.kernel?.status === 'idle' }''',
            timeout=1000 * self.left())
        self.page.evaluate('''() => { window.finished = false;
            const end = () => window.finished = true;
            window.jupyterapp.commands.execute('notebook:run-all-cells').then(end, end) }''')
        done = "() => window.finished && window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
        try: self.page.wait_for_function(done, timeout=1000 * self.left(), polling=500)
        except TimeoutError: self.wrong.append(f'{self.name}: not done after {PATIENCE} seconds')
        cells = self.page.evaluate('() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.toJSON().cells')
        for number, cell in enumerate(cells):
            if cell['cell_type'] != 'code' or not ''.join(cell['source']).strip(): continue
            if not cell.get('execution_count'): self.wrong.append(f'{self.name}: cell {number} was not run')
            for output in cell['outputs']:
                said = ''.join(output.get('text', '')).splitlines()
                self.skipped += [line for line in said if line.startswith('SKIPPED') and line not in self.skipped]
                if output['output_type'] == 'error':
                    self.wrong.append(f"{self.name}: cell {number} raised {output['ename']}: {output['evalue'][:400]}")

    def picture(self, name: str, of=None):
        "Keep a screenshot, of a part or of the whole window."
        if of: self.at_rest(of)
        (of or self.page).screenshot(path=PICTURES / f'{self.name}-{name}.png')

    def changes(self, what: str, shown, act, within: float = 15):
        "Do something and wait until what is shown looks different; if it never does, that is wrong."
        shown.scroll_into_view_if_needed()
        self.page.mouse.move(0, 0)
        before, start = self.seen(shown), time.monotonic()
        act()
        while self.seen(shown) in (before, None):
            if time.monotonic() - start > within:
                self.wrong.append(f'{self.name}: {what}, and the picture did not change within {within} seconds')
                return
            time.sleep(0.05)
        print(f'    {what}: the picture changed within {time.monotonic() - start:.1f} s', flush=True)

    def at_rest(self, view):
        "Wait until a view of chapter 13 neither works nor measures."
        try: self.page.wait_for_function('view => !/working|measuring/.test(view.innerText)', arg=view.element_handle(), timeout=30_000)
        except TimeoutError: self.wrong.append(f'{self.name}: a view is still working after 30 seconds')

    def seen(self, shown) -> bytes | None:
        "What a part of the page looks like; None while it is being replaced."
        try: return shown.screenshot(timeout=5_000)
        except Error: return None

    def drag(self, handle, right: float):
        "Take something with the mouse and pull it so many pixels to the right."
        handle.scroll_into_view_if_needed()
        box = handle.bounding_box()
        x, y = box['x'] + box['width'] / 2, box['y'] + box['height'] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        for step in range(1, 6): self.page.mouse.move(x + right * step / 5, y)
        self.page.mouse.up()

    def close(self):
        "Leave the page and end its kernel."
        self.context.close()
        for session in json.load(self.ask('/api/sessions')):
            if session['path'] == f'{self.name}.ipynb': self.ask(f"/api/sessions/{session['id']}", 'DELETE').close()

    def ask(self, path: str, method: str = 'GET'):
        request = urllib.request.Request(self.address + path, headers={'Authorization': f'token {self.token}'}, method=method)
        return urllib.request.urlopen(request, timeout=30)


def explore(reader: Reader):
    "Use every widget of chapter 13."
    use_curtain(reader, reader.page.locator('.jp-OutputArea-output > .aidn-curtain, .jp-RenderedHTMLCommon > .aidn-curtain').first)
    use_views(reader)


def use_curtain(reader: Reader, alone):
    "Drag a curtain, move it by a key, zoom it and pull the picture."
    def move_by_key():
        alone.locator('[data-part=handle]').last.focus()
        reader.page.keyboard.press('ArrowLeft')
    stage = alone.locator('[data-part=stage]')
    reader.changes('the curtain is dragged', stage, lambda: reader.drag(alone.locator('[data-part=handle]').first, 120))
    reader.picture('curtain', alone)
    reader.changes('the curtain is moved by a key', stage, move_by_key)
    reader.changes('the curtain is zoomed', stage, lambda: alone.locator('[data-part=zoom]').fill('3'))
    reader.changes('the zoomed picture is pulled', stage, lambda: reader.drag(stage, -100))
    reader.picture('zoomed', alone)


def use_views(reader: Reader):
    "Move a control or two of each view, and look whether what it shows follows."
    def view(name): return reader.page.locator(f'.aidn-{name}').first
    def stage(name): return view(name).locator('[data-part=stage]')
    def image(name, number=0): return view(name).locator('img.widget-image').nth(number)
    def choose(name, number, label): view(name).locator('select').nth(number).select_option(label=label)
    def slide(name, right): reader.drag(view(name).locator('.noUi-handle').first, right)
    def switch(name): view(name).locator('input[type=checkbox]').first.click()
    def pull(name, right): reader.drag(view(name).locator('[data-part=handle]').first, right)
    reader.changes('another scale is chosen', stage('curtainview'), lambda: choose('curtainview', 1, '×2'))
    reader.changes('another photograph is chosen', stage('curtainview'), lambda: choose('curtainview', 0, 'motorcycle'))
    reader.changes('the curtain of the widget is dragged', stage('curtainview'), lambda: pull('curtainview', 90))
    reader.picture('curtain-view', view('curtainview'))
    reader.changes('the block is slid', image('insideview'), lambda: slide('insideview', 60))
    reader.changes('multiplexing is switched off', image('insideview'), lambda: switch('insideview'))
    reader.picture('inside', view('insideview'))
    reader.changes('the edge is turned', image('edgeview', 1), lambda: slide('edgeview', 40))
    reader.picture('edge', view('edgeview'))
    reader.changes('a block loses its multiplexing', stage('multiplexview'), lambda: switch('multiplexview'))
    reader.picture('multiplex', view('multiplexview'))
    reader.changes('the patch is moved', image('attributionview', 1), lambda: slide('attributionview', 50), 40)
    reader.picture('attribution', view('attributionview'))
    reader.changes('the network is widened', view('builderview').locator('table'), lambda: slide('builderview', 40))
    reader.picture('builder', view('builderview'))


def read(browser: str, address: str, token: str, notebook: str) -> list[str]: # what was wrong
    "Read one notebook in a browser of its own, and say how it went."
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser, headless=True, args=list(CHROMIUM))
        start, reader = time.monotonic(), Reader(chromium, address, token, notebook)
        try:
            reader.run()
            if notebook == '13_explore' and not reader.wrong: explore(reader)
            reader.picture('window')
        except Error as error:
            reader.wrong.append(f'{notebook}: {str(error).splitlines()[0]}')
            reader.picture('failed')
        finally: reader.close()
        chromium.close()
    took = time.monotonic() - start
    said = f'{"FAILED " if reader.wrong else "ok     "} nbs/{notebook}.ipynb in JupyterLab ({took:.0f} s)'
    print('\n'.join([said, *reader.skipped]), flush=True)
    return reader.wrong


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, epilog='Without Chromium it says so and ends with status 0.')
    parser.add_argument('notebooks', nargs='+', help='such as nbs/13_explore.ipynb, or 13_explore')
    asked = parser.parse_args(arguments)
    notebooks = [Path(name).stem for name in asked.notebooks]
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print(f'SKIPPED: JupyterLab was not tested, because there is no Chromium here ({", ".join(BROWSERS)}). '
              'Debian has it: apt-get install chromium')
        return
    missing = [name for name in notebooks if not (ROOT / 'nbs' / f'{name}.ipynb').exists()]
    if missing: sys.exit(f"There is no notebook {', '.join(missing)} in nbs/.")
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name) / 'book'
        shutil.copytree(ROOT / 'nbs', folder, ignore=shutil.ignore_patterns('.ipynb_checkpoints')) # nothing in the repository is changed
        with lab(folder) as (address, token), ThreadPoolExecutor(TOGETHER) as several:
            wrong = list(several.map(partial(read, browser, address, token), notebooks))
    failed = sum(map(bool, wrong))
    for line in sum(wrong, []): print(f'  {line}')
    print(f'Screenshots are in {PICTURES.relative_to(ROOT)}.\nlab: {len(notebooks) - failed} passed, {failed} failed')
    sys.exit(failed > 0)


if __name__ == '__main__': main()
