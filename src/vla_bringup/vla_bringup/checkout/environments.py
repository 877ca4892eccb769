"""Environments of their own, for policies whose dependencies conflict with the stack's."""

from __future__ import annotations

import fcntl
import shutil
import sys
from pathlib import Path

from vla_bringup.checkout.logged_command import ProgressStep, run_logged
from vla_bringup.checkout.root import ROOT
from vla_bringup.checkout.workspace import digest, stamp_of

FOLDER = ROOT / 'out' / 'environments'
KNOWN = ('lerobot',)  # each has requirements/<name>.txt
ALONE = '# without their dependencies'  # in that file: what follows is installed so
STAMP = 'vla-environment'
SHOWN = r'Collecting|Processing|\s+Downl|Inst'
VARIABLES = {'PIP_DISABLE_PIP_VERSION_CHECK': '1', 'PYTHONPATH': '', 'LD_LIBRARY_PATH': ''}


def make_extra_environment(name: str) -> Path:
    """The folder of an environment with requirements/<name>.txt; made unless it is there."""
    folder = FOLDER / name
    lists = ROOT / 'requirements' / f'{name}.txt'
    key = digest([lists], sys.version, str(folder))
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f'{name}.lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp_of(folder / STAMP) == key:
            return folder
        step = ProgressStep(f'environment {folder.relative_to(ROOT)}')
        shutil.rmtree(folder, ignore_errors=True)
        run_logged([sys.executable, '-m', 'venv', str(folder)], step, VARIABLES)
        pip = [str(folder / 'bin' / 'python'), '-m', 'pip', 'install', '--progress-bar', 'off']
        together, alone = requirements_of(lists.read_text(encoding='utf-8'))
        run_logged([*pip, *together], step, VARIABLES, SHOWN)
        if alone:
            run_logged([*pip, '--no-deps', *alone], step, VARIABLES, SHOWN)
        (folder / STAMP).write_text(key)
        step.done()
    return folder


def requirements_of(text: str) -> tuple[list[str], list[str]]:
    """Requirements to install with their dependencies, and those to install without."""
    parts = [
        [line for line in map(str.strip, part.splitlines()) if line and line[0] != '#']
        for part in text.partition(ALONE)[::2]
    ]
    return parts[0], parts[1]
