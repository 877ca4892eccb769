"""The folder with config/ and urdf/: the checkout, or an installed workspace."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from vla_core.errors import UserError

_REQUIRED = ('config/robots', 'urdf')


def stack_root() -> Path:
    """The folder with config/ and urdf/; VLA_ROOT overrides. UserError when there is none."""
    override = os.environ.get('VLA_ROOT')
    if override:
        if not _is_root(Path(override)):
            raise UserError(f'VLA_ROOT is {override}, which has no {" and ".join(_REQUIRED)}')
        return Path(override).resolve()
    for folder in _candidates():
        if _is_root(folder):
            return folder
    raise UserError(
        'no config/ and urdf/ found: run in a checkout, source the workspace or set VLA_ROOT'
    )


def _candidates() -> Iterator[Path]:
    yield from Path(__file__).resolve().parents
    for prefix in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep):
        if prefix:
            yield Path(prefix) / 'share' / 'vla_bringup'


def _is_root(path: Path) -> bool:
    return all((path / name).is_dir() for name in _REQUIRED)
