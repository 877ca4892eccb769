"""Where config/ and urdf/ are: in the checkout, or in an installed workspace."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from vla_core.errors import UserError

_MARKS = ('config/robots', 'urdf')


def stack_root() -> Path:
    """The folder holding config/ and urdf/; VLA_ROOT overrides. UserError when there is none."""
    override = os.environ.get('VLA_ROOT')
    if override:
        if not _is_root(Path(override)):
            raise UserError(f'VLA_ROOT is {override}, which has no {" and ".join(_MARKS)}')
        return Path(override).resolve()
    for place in _places():
        if _is_root(place):
            return place
    raise UserError(
        'no config/ and urdf/ found: run in a checkout, source the workspace or set VLA_ROOT'
    )


def _places() -> Iterator[Path]:
    yield from Path(__file__).resolve().parents
    for prefix in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep):
        if prefix:
            yield Path(prefix) / 'share' / 'vla_bringup'


def _is_root(path: Path) -> bool:
    return all((path / mark).is_dir() for mark in _MARKS)
