"""Checks of the environment variables that the stack depends on; each fault is one line.

Standard library only: `./vla doctor` runs them before anything is set up.
"""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from vla_core.errors import UserError
from vla_ros.transport import PEERS, PROFILES, RANGE

HIGHEST_DOMAIN = 232  # limit of the RTPS port numbers
RANGES = ('SUBNET', 'LOCALHOST', 'OFF', 'SYSTEM_DEFAULT')
# values of mujoco.gl_context on Linux; those of ON_SCREEN open a window
ON_SCREEN = ('glfw', 'glx', 'enable', 'enabled', 'on', 'true', '1')
GL = ('egl', 'osmesa', *ON_SCREEN)
OSMESA = ('libOSMesa.so.8', 'libOSMesa.so.6', 'libOSMesa.so')
HOST = re.compile(r'[A-Za-z0-9.:_-]+')


def check_variables() -> None:
    """UserError naming the first variable with an invalid value."""
    for check in CHECKS.values():
        if reason := check():
            raise UserError(reason)


def domain_fault() -> str:
    given = os.environ.get('ROS_DOMAIN_ID', '0')
    is_number = given.isascii() and given.isdigit() and len(given) <= len(str(HIGHEST_DOMAIN))
    if is_number and int(given) <= HIGHEST_DOMAIN:
        return ''
    return f'ROS_DOMAIN_ID is {shown(given)}; it must be a number from 0 to {HIGHEST_DOMAIN}'


def middleware_fault() -> str:
    """Fault when RMW_IMPLEMENTATION is not installed; '' when it is, or is not set."""
    given = os.environ.get('RMW_IMPLEMENTATION', '')
    if not given or not library_folders():
        return ''
    if any((folder / f'lib{given}.so').is_file() for folder in library_folders()):
        return ''
    files = (path for folder in library_folders() for path in folder.glob('librmw_*_cpp.so'))
    names = {path.stem[len('lib') :] for path in files}
    known = sorted(name for name in names if '__' not in name and 'shared' not in name)
    there = ', '.join(known)
    return f'RMW_IMPLEMENTATION is {shown(given)}, which is not installed; installed: {there}'


def library_folders() -> list[Path]:
    """Library folders of the sourced ROS installation, or of its wheels."""
    prefixes = os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)
    folders = [Path(prefix) / 'lib' for prefix in prefixes if prefix]
    return [folder for folder in folders if any(folder.glob('librmw_*.so'))]


def peers_fault() -> str:
    given = os.environ.get(PEERS, '')
    wrong = [peer for peer in given.split(';') if peer and not HOST.fullmatch(peer)]
    if not wrong:
        return ''
    return f'{PEERS} has {shown(wrong[0])}; it must be hosts separated by semicolons'


def profile_fault(name: str) -> str:
    given = os.environ.get(name, '')
    if not given or Path(given).is_file():
        return ''
    return f'{name} is {shown(given)}, which is no file'


def log_folder_fault() -> str:
    """Fault when ROS cannot create the log folder that the caller has chosen."""
    name = 'ROS_LOG_DIR' if os.environ.get('ROS_LOG_DIR') else 'ROS_HOME'
    given = os.environ.get(name, '')
    if not given:
        return ''
    try:
        os.makedirs(os.path.expanduser(given), exist_ok=True)
    except OSError as error:
        return f'{name} is {shown(given)}, which cannot be created: {error.strerror}'
    return '' if os.access(given, os.W_OK) else f'{name} is {shown(given)}: it cannot be written'


def security_fault() -> str:
    """Fault when security is enabled without its keys: nodes would not start."""
    if os.environ.get('ROS_SECURITY_ENABLE', '').lower() != 'true':
        return ''
    given = os.environ.get('ROS_SECURITY_KEYSTORE', '')
    if given and Path(given).is_dir():
        return ''
    return f'ROS_SECURITY_ENABLE is true, but ROS_SECURITY_KEYSTORE is {shown(given)}, no folder'


def rendering_fault() -> str:
    """Fault when MuJoCo cannot draw with MUJOCO_GL; it is egl unless set."""
    given = os.environ.get('MUJOCO_GL', '')
    name = given.lower().strip() or 'egl'
    off_screen = '; it must be egl, osmesa or glfw (without a screen: egl)'
    if name not in GL:
        return f'MUJOCO_GL is {shown(given)}{off_screen}'
    if name in ON_SCREEN and not (os.environ.get('DISPLAY') or os.environ.get('WAYLAND_DISPLAY')):
        return f'MUJOCO_GL is {shown(given)}, but no DISPLAY is set; without a screen: egl'
    if name == 'osmesa' and not any(map(is_loadable, OSMESA)):
        return f'MUJOCO_GL is {shown(given)}, but {OSMESA[0]} is not installed: use egl'
    platform = os.environ.get('PYOPENGL_PLATFORM', '')
    if platform and name not in ON_SCREEN and platform.lower() != name:
        return f'PYOPENGL_PLATFORM is {shown(platform)}, but MUJOCO_GL {name}: unset it'
    return ''


def choice_fault(name: str, known: tuple[str, ...]) -> str:
    given = os.environ.get(name, '')
    if not given or given in known:
        return ''
    return f'{name} is {shown(given)}; it must be one of {", ".join(known)}'


def threads_fault(name: str) -> str:
    given = os.environ.get(name, '')
    if not given or (given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= 1024):
        return ''
    return f'{name} is {shown(given)}; it must be a number from 1 to 1024'


def is_loadable(library: str) -> bool:
    with suppress(OSError):
        return bool(ctypes.CDLL(library))
    return False


def shown(value: str) -> str:
    return repr(value if len(value) <= 60 else f'{value[:60]}...')


SWITCHES = (
    'ROS_LOCALHOST_ONLY', 'RCUTILS_LOGGING_USE_STDOUT', 'RCUTILS_LOGGING_BUFFERED_STREAM',
    'RCUTILS_COLORIZED_OUTPUT',
)  # fmt: skip
THREADS = ('OMP_NUM_THREADS', 'NUMBA_NUM_THREADS', 'MKL_NUM_THREADS', 'OPENBLAS_NUM_THREADS')
# every variable that the stack depends on: its check, which returns the fault or ''
CHECKS: dict[str, Callable[[], str]] = {
    'ROS_DOMAIN_ID': domain_fault,
    'RMW_IMPLEMENTATION': middleware_fault,
    RANGE: partial(choice_fault, RANGE, RANGES),
    PEERS: peers_fault,
    **{name: partial(profile_fault, name) for name in PROFILES},
    'ROS_SECURITY_ENABLE': security_fault,
    'ROS_LOG_DIR': log_folder_fault,
    'MUJOCO_GL': rendering_fault,
    **{name: partial(choice_fault, name, ('0', '1')) for name in SWITCHES},
    **{name: partial(threads_fault, name) for name in THREADS},
}
