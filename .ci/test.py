"""Run the tests in notebooks, two notebooks at a time, and say how each went.

python .ci/test.py nbs/00_paper.ipynb nbs/01_images.ipynb

Each runs in a process of its own with one thread of PyTorch and results in a folder of its own, so that they cannot disturb each other.
"""
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
LIMIT = 1200  # seconds for one notebook; what waits for ever fails then
TOGETHER = int(os.environ.get('AIDN_TESTS') or min(2, os.cpu_count() or 1))  # notebooks at a time


def test(notebook: str) -> bool: # whether it passed
    "Run a notebook's tests; print the verdict, what was skipped, and, if it failed, everything that was said."
    begun, own = time.monotonic(), ROOT / 'build' / 'test-results' / Path(notebook).with_suffix('')
    environment = {'OMP_NUM_THREADS': '1', **os.environ, 'AIDN_RESULTS': str(own)}
    command = [BIN / 'nbdev_test', '--path', notebook, '--n_workers', '0']
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, timeout=LIMIT, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except subprocess.TimeoutExpired:
        print(f'FAILED  {notebook}  was stopped after {LIMIT} s', flush=True)
        return False
    passed = done.returncode == 0
    skipped = sorted({line for line in done.stdout.splitlines() if line.startswith('SKIPPED')})
    verdict = f'{"ok    " if passed else "FAILED"}  {notebook}  {time.monotonic() - begun:.0f} s'
    print('\n'.join([verdict, *skipped] if passed else [verdict, done.stdout]), flush=True)
    return passed


def main():
    with ThreadPoolExecutor(TOGETHER) as several: passed = list(several.map(test, sys.argv[1:]))
    print(f'{sum(passed)} passed, {len(passed) - sum(passed)} failed')
    sys.exit(not all(passed))


if __name__ == '__main__': main()
