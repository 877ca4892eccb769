"""Set the machine and the checkout up, with visible progress; what is done stays done.

Standard library only: `./vla` runs this before anything is installed.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time

from vla_bringup.checkout.root import ROOT
from vla_bringup.checkout.workspace import (
    BUILD_STAMP,
    ENV_STAMP,
    LISTS,
    ORIGIN,
    PYTHON,
    SYSTEM_ROS,
    VENV,
    VERSION,
    build_key,
    environment,
    environment_key,
    packages,
    stamp_of,
)

LOG = ROOT / 'log' / 'setup.log'
# what must be on the system, how to see that it is, and the Debian/Ubuntu package that brings it
LIBRARIES = {
    'libEGL.so.1': 'libegl1',
    'libGL.so.1': 'libgl1',
    'libEGL_mesa.so.0': 'libegl-mesa0',
}
PROGRAMS = ('cmake', 'g++', 'make', 'git')  # named as their packages are
PYTHON_PARTS = {  # which Debian's own Python comes without
    'python3-venv': lambda: importlib.util.find_spec('ensurepip') is not None,
    'python3-dev': lambda: os.path.isfile(f'{sysconfig.get_paths()["include"]}/Python.h'),
}


class SetupError(Exception):
    """A set-up step failed; the text says what to do."""


class ProgressStep:
    """Shows one step: its name, what it is doing now, and the time it took."""

    def __init__(self, name: str, pause: float = 10.0) -> None:
        self.name, self.start, self.shown = name, time.monotonic(), 0.0
        self.live = sys.stderr.isatty()
        self.pause = 0.1 if self.live else pause  # s between two lines
        say(f'{name} ...')

    def doing(self, what: str) -> None:
        """Show what is being done: in one place on a terminal, now and then in a log file."""
        now = time.monotonic()
        if now - self.shown < self.pause:
            return
        self.shown = now
        text = f'  {now - self.start:4.0f} s  {what}'[:99]
        sys.stderr.write(f'\r\x1b[K{text}' if self.live else text + '\n')
        sys.stderr.flush()

    def done(self) -> None:
        if self.live:
            sys.stderr.write('\r\x1b[K')
        say(f'{self.name}: {time.monotonic() - self.start:.0f} s')


def say(text: str) -> None:
    print(f'vla: {text}', file=sys.stderr, flush=True)


def is_loadable(library: str) -> bool:
    with contextlib.suppress(OSError):
        return bool(ctypes.CDLL(library))
    return False


def check_system() -> None:
    """Install what is missing on the system when root, say the command otherwise."""
    missing = [package for library, package in LIBRARIES.items() if not is_loadable(library)]
    missing += [program for program in PROGRAMS if not shutil.which(program)]
    missing += [package for package, is_there in PYTHON_PARTS.items() if not is_there()]
    if not missing:
        return
    command = ['apt-get', 'install', '-y', '--no-install-recommends', *missing]
    if os.geteuid() != 0 or not shutil.which('apt-get'):
        raise SetupError(f'missing on this system. Install: sudo {" ".join(command)}')
    step = ProgressStep(f'system packages {" ".join(missing)}')
    watch(['apt-get', 'update', '-qq'], step, {})
    watch(command, step, {'DEBIAN_FRONTEND': 'noninteractive'})
    step.done()


def watch(command: list[str], step: ProgressStep, extra: dict[str, str], keep: str = '') -> None:
    """Run a command, show its lines (those that match `keep`), keep all of them in the log."""
    LOG.parent.mkdir(exist_ok=True)
    (LOG.parent / 'COLCON_IGNORE').touch()
    env = {**os.environ, **extra}
    with LOG.open('a') as log:
        log.write(f'\n$ {" ".join(command)}\n')
        run = subprocess.Popen(
            command, cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert run.stdout
        for line in run.stdout:
            log.write(line)
            log.flush()
            if re.match(keep, line):
                step.doing(re.sub(r'\S*/', '', line.strip()))
    if run.wait():
        lines = [x for x in LOG.read_text().splitlines() if 'error' in x.lower()]
        reason = lines[-1].strip()[:300] if lines else f'exit {run.returncode}'
        raise SetupError(f'{step.name} failed: {reason} (all of it: {LOG.relative_to(ROOT)})')


def make_environment(key: str) -> None:
    """Make .venv and fill it; pip skips what a broken earlier set-up already installed."""
    step = ProgressStep('Python environment .venv')
    ENV_STAMP.unlink(missing_ok=True)
    wanted = f'{ROOT} {VERSION} {SYSTEM_ROS}'
    if VENV.exists() and stamp_of(ORIGIN) != wanted:
        shutil.rmtree(VENV)
    if not PYTHON.exists():
        flags = ['--system-site-packages'] if SYSTEM_ROS else []
        watch([sys.executable, '-m', 'venv', *flags, str(VENV)], step, {})
    ORIGIN.write_text(wanted)
    files = [x for name in LISTS for x in ('-r', f'requirements/{name}.txt')]
    pip = [str(PYTHON), '-m', 'pip', 'install', '--progress-bar', 'off', *files]
    watch(
        pip, step, {'PIP_DISABLE_PIP_VERSION_CHECK': '1'}, r'Collecting|Processing|\s+Downl|Inst'
    )
    if not SYSTEM_ROS:
        mend_baked_paths()
    ENV_STAMP.write_text(key)
    step.done()


def mend_baked_paths() -> None:
    """The ROS wheels' CMake files name the include folders of the machine that built them."""
    code = (
        'import sysconfig as s, numpy; print(s.get_paths()["include"]); print(numpy.get_include())'
    )
    answer = subprocess.run([PYTHON, '-c', code], capture_output=True, text=True, check=True)
    python_include, numpy_include = answer.stdout.splitlines()  # a path may hold spaces
    baked = r'/opt/python/cp3\d+-cp3\d+'
    for path in (VENV / 'share').rglob('*.cmake'):
        text = path.read_text(errors='surrogateescape')
        new = re.sub(baked + r'/lib/\S*?/numpy/_core/include', lambda _: numpy_include, text)
        new = re.sub(baked + r'/include/python3\.\d+', lambda _: python_include, new)
        if new != text:
            path.write_text(new, errors='surrogateescape')


def build(key: str) -> None:
    """colcon build of the workspace; what no longer belongs to it is removed first."""
    step = ProgressStep('workspace (colcon build)', pause=0.0)
    BUILD_STAMP.unlink(missing_ok=True)
    owner = ROOT / 'build' / 'vla-origin'
    if stamp_of(owner) != stamp_of(ORIGIN):
        shutil.rmtree(ROOT / 'build', ignore_errors=True)
        shutil.rmtree(ROOT / 'install', ignore_errors=True)
    owner.parent.mkdir(exist_ok=True)
    owner.write_text(stamp_of(ORIGIN))
    names = {p.name for p in packages()}
    for folder in ('build', 'install'):
        for old in (ROOT / folder).glob('vla_*'):
            if old.name not in names:
                shutil.rmtree(old)
    command = [str(PYTHON), '-m', 'colcon', 'build', '--symlink-install', '--base-paths', 'src']
    command += ['--cmake-args', '-DBUILD_TESTING=OFF', f'-DPython3_EXECUTABLE={PYTHON}']
    command += ['-DCMAKE_CXX_FLAGS=-O1', '-DCMAKE_C_FLAGS=-O1']
    command += ['-GNinja'] if shutil.which('ninja') else []
    site = VENV / 'lib' / f'python{VERSION}' / 'site-packages'
    site.joinpath('vla_workspace.pth').write_text(''.join(f'{p}\n' for p in packages()))
    env = {}
    if not SYSTEM_ROS:
        paths = {'AMENT_PREFIX_PATH': str(VENV), 'CMAKE_PREFIX_PATH': str(VENV), 'PYTHONPATH': ''}
        env = {**paths, 'PATH': environment()['PATH'], 'LD_LIBRARY_PATH': str(VENV / 'lib')}
    watch(command, step, env, r'Starting|Finished|Failed')
    step.done()
    step = ProgressStep('machine code of shield and perception (numba)')
    watch(
        [str(PYTHON), '-c', 'import vla_shield.shield, vla_perception.grounder'],
        step,
        environment(),
    )
    BUILD_STAMP.write_text(key)
    step.done()


def is_set_up() -> bool:
    """True when a finished set-up covered what the checkout asks for now."""
    key = environment_key()
    has_all = stamp_of(ENV_STAMP) == key and stamp_of(BUILD_STAMP) == build_key(key)
    return has_all and PYTHON.exists()


def set_up() -> None:
    """Do what is not done yet, one set-up at a time; a stamp says what a finished one covered."""
    if is_set_up():
        return
    environment_now = environment_key()
    build_now = build_key(environment_now)
    (ROOT / 'log').mkdir(exist_ok=True)
    with (ROOT / 'log' / 'setup.lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        check_system()
        if stamp_of(ENV_STAMP) != environment_now or not PYTHON.exists():
            make_environment(environment_now)
        if stamp_of(BUILD_STAMP) != build_now:
            build(build_now)
