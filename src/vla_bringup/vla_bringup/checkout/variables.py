"""Checks of the environment variables that the stack uses; each fault is one line.

Standard library only: `./vla doctor` runs them before anything is set up.
"""

from __future__ import annotations

import os
from pathlib import Path

from vla_core.errors import UserError

HIGHEST_DOMAIN = 232  # limit of the RTPS port numbers
# values of mujoco.gl_context on Linux; '' is its default
GL = ('', 'egl', 'osmesa', 'glfw', 'glx', 'enable', 'enabled', 'on', 'true', '1')


def check_variables() -> None:
    """UserError naming the first variable with an invalid value."""
    for reason in (domain_fault(), middleware_fault(), rendering_fault()):
        if reason:
            raise UserError(reason)


def domain_fault() -> str:
    given = os.environ.get('ROS_DOMAIN_ID', '0')
    if given.isdecimal() and int(given) <= HIGHEST_DOMAIN:
        return ''
    return f'ROS_DOMAIN_ID is {given!r}; it must be a number from 0 to {HIGHEST_DOMAIN}'


def middleware_fault() -> str:
    """Fault when RMW_IMPLEMENTATION is not installed; '' when it is, or is not set."""
    given = os.environ.get('RMW_IMPLEMENTATION', '')
    if not given or not library_folders():
        return ''
    if any((folder / f'lib{given}.so').is_file() for folder in library_folders()):
        return ''
    files = (path for folder in library_folders() for path in folder.glob('librmw_*_cpp.so'))
    names = {path.stem.removeprefix('lib') for path in files}
    known = sorted(name for name in names if '__' not in name and 'shared' not in name)
    return (
        f'RMW_IMPLEMENTATION is {given!r}, which is not installed; installed: {", ".join(known)}'
    )


def library_folders() -> list[Path]:
    """Library folders of the sourced ROS installation, or of its wheels."""
    prefixes = os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)
    folders = [Path(prefix) / 'lib' for prefix in prefixes if prefix]
    return [folder for folder in folders if any(folder.glob('librmw_*.so'))]


def rendering_fault() -> str:
    given = os.environ.get('MUJOCO_GL', '')
    if given.lower().strip() in GL:
        return ''
    return f'MUJOCO_GL is {given!r}; it must be egl, osmesa or glfw (without a screen: egl)'
