"""URDF of a robot: expanded from xacro, cached until the files change; its mimic joints."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers.expat import ExpatError

import xacro

from vla_core.errors import UserError
from vla_core.robot.config import RobotConfig
from vla_core.robot.gripper import GripperConfig
from vla_core.stack_root import stack_root


@dataclass(frozen=True)
class MimicJoint:
    """A joint whose position is multiplier × (that of another) + offset."""

    name: str
    multiplier: float
    offset: float  # rad or m


def urdf_text(config: RobotConfig) -> str:
    """URDF of the whole robot; UserError when the file is missing or does not expand."""
    path = stack_root() / config.urdf.file
    if not path.is_file():
        raise UserError(f'{config.name}: no file {path}')
    return _expand(path, tuple(sorted(config.urdf.args.items())), _content_hash(path.parent))


def mimic_joints(text: str, joint: str) -> tuple[MimicJoint, ...]:
    """The joints of a URDF that mimic `joint`."""
    return tuple(m for source, m in _mimics(text) if source == joint)


def finger_joints(config: RobotConfig, gripper: GripperConfig) -> tuple[str, ...]:
    """The commanded joint of a gripper, then those that mimic it."""
    mimics = mimic_joints(urdf_text(config), gripper.joint)
    return (gripper.joint, *(m.name for m in mimics))


def finger_positions(
    config: RobotConfig, gripper: GripperConfig, width: float
) -> dict[str, float]:
    """Position (rad or m) of each of `finger_joints` at an opening of `width` m."""
    joint = gripper.joint_position(width)
    mimics = mimic_joints(urdf_text(config), gripper.joint)
    return {gripper.joint: joint, **{m.name: m.multiplier * joint + m.offset for m in mimics}}


@functools.lru_cache(maxsize=16)
def _mimics(text: str) -> tuple[tuple[str, MimicJoint], ...]:
    found = []
    for joint in ElementTree.fromstring(text).iter('joint'):
        mimic = joint.find('mimic')
        if mimic is not None:
            factor, offset = (
                float(mimic.get('multiplier', '1')), float(mimic.get('offset', '0')),
            )  # fmt: skip
            name, source = joint.get('name', ''), mimic.get('joint', '')
            found.append((source, MimicJoint(name, factor, offset)))
    return tuple(found)


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
