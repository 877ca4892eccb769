"""URDF of a robot, expanded from xacro and cached until the files change."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from xml.parsers.expat import ExpatError

import xacro

from vla_core.errors import UserError
from vla_core.robot.config import RobotConfig
from vla_core.stack_root import stack_root


def urdf_text(config: RobotConfig) -> str:
    """URDF of the arm and its gripper; UserError when the file is missing or does not expand."""
    path = stack_root() / config.urdf.file
    if not path.is_file():
        raise UserError(f'{config.name}: no file {path}')
    return _expand(path, tuple(sorted(config.urdf.args.items())), _content_hash(path.parent))


def _content_hash(folder: Path) -> str:
    """Hash of all xacro files in `folder`, since they include one another."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob('*.xacro')):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


@functools.lru_cache(maxsize=16)
def _expand(path: Path, args: tuple[tuple[str, str], ...], _content: str) -> str:
    try:
        return str(xacro.process_file(str(path), mappings=dict(args)).toxml())
    except (xacro.XacroException, ExpatError, OSError) as error:
        raise UserError(
            f'{path}: xacro cannot expand it: {" ".join(str(error).split())}'
        ) from error
