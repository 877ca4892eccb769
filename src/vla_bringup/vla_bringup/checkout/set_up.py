"""Set-up of the machine and the checkout, with progress; finished steps are not repeated.

Standard library only: `./vla` runs this before anything is installed.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from typing import TextIO

from vla_bringup.checkout.logged_command import LOG, ProgressStep, SetupError, run_logged
from vla_bringup.checkout.root import ROOT
from vla_bringup.checkout.variables import is_loadable
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
    installed_packages,
    packages,
    stamp_of,
)

# required on the system: library and the Debian/Ubuntu package that contains it
LIBRARIES = {
    'libEGL.so.1': 'libegl1',
    'libGL.so.1': 'libgl1',
    'libEGL_mesa.so.0': 'libegl-mesa0',
}
PROGRAMS = ('cmake', 'g++', 'make', 'git')  # named as their packages are
PYTHON_PARTS = {  # missing in Debian's Python: package and its check
    'python3-venv': lambda: importlib.util.find_spec('ensurepip') is not None,
    'python3-dev': lambda: os.path.isfile(f'{sysconfig.get_paths()["include"]}/Python.h'),
}


def check_system() -> None:
    """Install missing system packages when root; else raise with the command to run."""
    missing = [package for library, package in LIBRARIES.items() if not is_loadable(library)]
    missing += [program for program in PROGRAMS if not shutil.which(program)]
    missing += [package for package, is_there in PYTHON_PARTS.items() if not is_there()]
    if not missing:
        return
    command = ['apt-get', 'install', '-y', '--no-install-recommends', *missing]
    if os.geteuid() != 0 or not shutil.which('apt-get'):
        raise SetupError(f'system packages are missing. Install: sudo {" ".join(command)}')
    step = ProgressStep(f'system packages {" ".join(missing)}')
    run_logged(['apt-get', 'update', '-qq'], step, {})
    run_logged(command, step, {'DEBIAN_FRONTEND': 'noninteractive'})
    step.done()


def make_environment(key: str) -> None:
    """Create and fill .venv; pip skips packages of an earlier, interrupted set-up."""
    step = ProgressStep('Python environment .venv')
    ENV_STAMP.unlink(missing_ok=True)
    origin = f'{ROOT} {VERSION} {SYSTEM_ROS}'
    if VENV.exists() and stamp_of(ORIGIN) != origin:
        shutil.rmtree(VENV)
    if not PYTHON.exists():
        flags = ['--system-site-packages'] if SYSTEM_ROS else []
        run_logged([sys.executable, '-m', 'venv', *flags, str(VENV)], step, {})
    ORIGIN.write_text(origin)
    files = [x for name in LISTS for x in ('-r', f'requirements/{name}.txt')]
    pip = [str(PYTHON), '-m', 'pip', 'install', '--progress-bar', 'off', *files]
    run_logged(
        pip, step, {'PIP_DISABLE_PIP_VERSION_CHECK': '1'}, r'Collecting|Processing|\s+Downl|Inst'
    )
    if not SYSTEM_ROS:
        correct_cmake_paths()
    ENV_STAMP.write_text(key)
    step.done()


def correct_cmake_paths() -> None:
    """Replace include folders of the build machine in the CMake files of the ROS wheels."""
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
    """colcon build of the workspace; outdated packages are removed first."""
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
    ignored = installed_packages()
    command += ['--packages-ignore', *ignored] if ignored else []
    command += ['--cmake-args', '-DBUILD_TESTING=OFF', f'-DPython3_EXECUTABLE={PYTHON}']
    command += ['-DCMAKE_CXX_FLAGS=-O1', '-DCMAKE_C_FLAGS=-O1']
    command += ['-GNinja'] if shutil.which('ninja') else []
    site = VENV / 'lib' / f'python{VERSION}' / 'site-packages'
    site.joinpath('vla_workspace.pth').write_text(''.join(f'{p}\n' for p in packages()))
    env = {}
    if not SYSTEM_ROS:
        paths = {'AMENT_PREFIX_PATH': str(VENV), 'CMAKE_PREFIX_PATH': str(VENV), 'PYTHONPATH': ''}
        env = {**paths, 'PATH': environment()['PATH'], 'LD_LIBRARY_PATH': str(VENV / 'lib')}
    run_logged(command, step, env, r'Starting|Finished|Failed')
    step.done()
    step = ProgressStep('machine code of shield and perception (numba)')
    run_logged(
        [str(PYTHON), '-c', 'import vla_shield.shield, vla_perception.grounder'],
        step,
        environment(),
    )
    BUILD_STAMP.write_text(key)
    step.done()


def is_set_up() -> bool:
    """True when a finished set-up matches the current checkout."""
    key = environment_key()
    has_all = stamp_of(ENV_STAMP) == key and stamp_of(BUILD_STAMP) == build_key(key)
    return has_all and PYTHON.exists()


def refuse_spaces() -> None:
    """SetupError for a path with white space: the first line of an installed executable names its
    Python, and the kernel ends that name at the first space."""
    if any(character.isspace() for character in str(ROOT)):
        raise SetupError(f'{str(ROOT)!r} has a space in it; move the checkout to a path without')


def open_lock() -> TextIO:
    """Open the file that keeps two set-ups apart; SetupError when the checkout is read-only."""
    try:
        LOG.parent.mkdir(exist_ok=True)
        return (LOG.parent / 'setup.lock').open('w')
    except OSError as error:
        text = f'the set-up writes into the checkout {ROOT}, which it cannot: {error.strerror}'
        raise SetupError(text) from error


def set_up() -> None:
    """Run the missing steps, under a lock; a stamp records what a finished set-up covered."""
    if is_set_up():
        return
    refuse_spaces()
    environment_now = environment_key()
    build_now = build_key(environment_now)
    with open_lock() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        check_system()
        if stamp_of(ENV_STAMP) != environment_now or not PYTHON.exists():
            make_environment(environment_now)
        if stamp_of(BUILD_STAMP) != build_now:
            build(build_now)
