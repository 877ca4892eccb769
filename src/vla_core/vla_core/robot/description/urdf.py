"""Description of a robot: the URDF of all its parts and its meshes; its mimic joints."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from vla_core.errors import UserError
from vla_core.robot.config import RobotConfig
from vla_core.robot.description import urdf_tree as tree
from vla_core.robot.description.packages import find_file
from vla_core.robot.description.urdf_assembly import MeshShape, assembled
from vla_core.robot.description.urdf_config import UrdfConfig
from vla_core.robot.gripper import GripperConfig

Bounds = tuple[tuple[str, float, float, float], ...]  # joint, lower, upper, velocity
Locked = tuple[tuple[str, float], ...]  # joint, position


@dataclass(frozen=True)
class MimicJoint:
    """A joint whose position is multiplier × (that of another) + offset."""

    name: str
    multiplier: float
    offset: float  # rad or m


@dataclass(frozen=True, eq=False)
class Description:
    """A URDF without meshes, and the meshes."""

    text: str
    meshes: tuple[MeshShape, ...]
    root: str  # link without parent
    joints: tuple[str, ...]  # that are not fixed


def describe(config: RobotConfig) -> Description:
    """Description of the whole robot; UserError when a file is missing or does not expand."""
    bounds = tuple((j.name, j.lower, j.upper, j.velocity) for j in config.joints)
    locked = tuple(sorted(config.fixed_joints.items()))
    try:
        return described(config.urdf, bounds, locked)
    except UserError as error:
        raise UserError(f'{config.name}: {error}') from error


def urdf_text(config: RobotConfig) -> str:
    """URDF of the whole robot, without meshes."""
    return describe(config).text


def described(urdf: UrdfConfig, bounds: Bounds = (), locked: Locked = ()) -> Description:
    """Description with these limits of joints, and these joints fixed."""
    names = [urdf.file, *[part.file for part in urdf.attach]]
    paths = tuple(find_file(name, None, urdf.package_dirs) for name in names)
    return _described(_Key(urdf), _content_hash(paths), bounds, locked)


@dataclass(frozen=True)
class _Key:
    """A UrdfConfig that a cache can hold: compared by its text."""

    urdf: UrdfConfig

    def __hash__(self) -> int:
        return hash(repr(self.urdf))


def mimic_joints(text: str, joint: str) -> tuple[MimicJoint, ...]:
    """The joints of a URDF that follow `joint`, directly or through others."""
    known = _mimics(text)
    found = [m for source, m in known if source == joint]
    for follower in found:  # grows while it is walked: followers of followers
        for source, m in known:
            if source == follower.name and all(m.name != other.name for other in found):
                factor = m.multiplier * follower.multiplier
                found.append(MimicJoint(m.name, factor, m.multiplier * follower.offset + m.offset))
    return tuple(found)


def finger_joints(config: RobotConfig, gripper: GripperConfig) -> tuple[str, ...]:
    """The commanded joint of a gripper, then those that mimic it."""
    mimics = mimic_joints(urdf_text(config), gripper.joint)
    return (gripper.joint, *(m.name for m in mimics))


def pad_links(config: RobotConfig, gripper: GripperConfig) -> tuple[str, ...]:
    """Links that touch what is held: those of the robot file, else those that its joints move."""
    if gripper.pads:
        return gripper.pads
    joints = tree.joints_of(ET.fromstring(urdf_text(config)))
    return tuple(tree.end(joints[name], 'child') for name in finger_joints(config, gripper))


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
    for joint in ET.fromstring(text).iter('joint'):
        mimic = joint.find('mimic')
        if mimic is not None:
            factor, offset = (
                float(mimic.get('multiplier', '1')), float(mimic.get('offset', '0')),
            )  # fmt: skip
            name, source = joint.get('name', ''), mimic.get('joint', '')
            found.append((source, MimicJoint(name, factor, offset)))
    return tuple(found)


def _content_hash(paths: tuple[Path, ...]) -> str:
    """Hash of all xacro and URDF files beside `paths`, since they include one another."""
    digest = hashlib.sha256()
    for folder in dict.fromkeys(path.parent for path in paths):
        for path in sorted((*folder.glob('*.xacro'), *folder.glob('*.urdf'))):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


@functools.lru_cache(maxsize=16)
def _described(key: _Key, _content: str, bounds: Bounds, locked: Locked) -> Description:
    root, meshes = assembled(key.urdf)
    joints = tree.joints_of(root)
    for name, position in locked:
        if name not in joints:
            raise UserError(f'fixed_joints names {name!r}; the URDF has {_movable(joints)}')
        tree.lock(joints[name], position)
    for name, lower, upper, velocity in bounds:
        if name in joints and joints[name].get('type') in tree.MOVABLE:
            tree.set_limits(joints[name], lower, upper, velocity)
    _lock_followers(joints, dict(locked))
    _check_mimics(joints)
    for name, joint in joints.items():
        if joint.get('type') not in (*tree.MOVABLE, 'fixed'):
            raise UserError(
                f'joint {name} is {joint.get("type")}: add {name}: 0.0 to fixed_joints'
            )
    movable = tuple(name for name, joint in joints.items() if joint.get('type') != 'fixed')
    base = tree.root_link(root, str(key.urdf.file))
    capsules = {capsule.link for capsule in key.urdf.capsules}
    kept = tuple(m for m in meshes if not (m.is_collision and m.link in capsules))
    return Description(ET.tostring(root, encoding='unicode'), kept, base, movable)


def _movable(joints: dict[str, ET.Element]) -> str:
    return ', '.join(name for name, joint in joints.items() if joint.get('type') != 'fixed')


def _lock_followers(joints: dict[str, ET.Element], locked: dict[str, float]) -> None:
    """Fix every joint that mimics a fixed one."""
    waiting = True
    while waiting:
        waiting = False
        for name, joint in joints.items():
            mimic = joint.find('mimic')
            source = '' if mimic is None else mimic.get('joint', '')
            if mimic is not None and source in locked and name not in locked:
                factor = float(mimic.get('multiplier', '1'))
                locked[name] = factor * locked[source] + float(mimic.get('offset', '0'))
                tree.lock(joint, locked[name])
                waiting = True


def _check_mimics(joints: dict[str, ET.Element]) -> None:
    """UserError when joints mimic one another in a circle."""
    mimics = {name: joint.find('mimic') for name, joint in joints.items()}
    sources = {name: m.get('joint', '') for name, m in mimics.items() if m is not None}
    for name in sources:
        seen, at = [name], sources[name]
        while at in sources and at not in seen:
            seen.append(at)
            at = sources[at]
        if at == name:
            circle = ' mimics '.join([*seen, name])
            raise UserError(f'joint {circle}: one of them must have no mimic')
