"""Installed packages of the sourced workspaces: their share folders and executables."""

from __future__ import annotations

import os
from pathlib import Path

from vla_core.errors import UserError


def prefixes() -> list[Path]:
    """Return the install prefixes of the sourced workspaces, nearest first."""
    return [Path(p) for p in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep) if p]


def find_share(package: str) -> Path:
    """Return the share folder of an installed package."""
    for prefix in prefixes():
        if (prefix / 'share' / package / 'package.xml').is_file():
            return prefix / 'share' / package
    raise UserError(f'package {package!r} is not installed in this workspace; run through ./vla')


def find_executable(package: str, name: str) -> Path:
    """Return an executable of an installed package."""
    folder = find_share(package).parent.parent / 'lib' / package
    if not (folder / name).is_file():
        there = ', '.join(sorted(p.name for p in folder.glob('*'))) if folder.is_dir() else 'none'
        raise UserError(f'package {package} has no executable {name!r}; known: {there}')
    return folder / name
