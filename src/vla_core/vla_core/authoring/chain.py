"""Finds the arms and grippers of a description by its joints."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from vla_core.errors import UserError
from vla_core.robot.description import urdf_tree as tree
from vla_core.robot.description.urdf import Description, mimic_joints

HAND = re.compile(r'grip|finger|jaw|knuckle|hand|drive_joint|pinch|thumb', re.IGNORECASE)
TRAVEL = 0.2  # m, a prismatic joint with less is a finger, with more an axis of an arm


@dataclass(frozen=True)
class JointDraft:
    """A joint as the URDF has it; limits of a continuous one are one turn each way."""

    name: str
    kind: str  # revolute, continuous, prismatic
    lower: float
    upper: float
    velocity: float
    parent: str  # link
    child: str  # link


@dataclass(frozen=True)
class GripperJoints:
    """The joint that drives a gripper, and those that follow it."""

    driver: JointDraft
    followers: tuple[JointDraft, ...]
    pair: str = ''  # joint that must follow although the URDF does not say so
    sign: float = 1.0  # of its motion to that of the driver


@dataclass(frozen=True)
class ArmDraft:
    """One arm: its joints from base to tip, its last link, and the gripper on it."""

    joints: tuple[JointDraft, ...]
    last_link: str
    gripper: GripperJoints | None


def find_arms(description: Description, driver: str = '') -> tuple[ArmDraft, ...]:
    """The arms, the longest first; UserError when there is no movable joint. `driver`: a joint
    that drives a gripper, whatever its name."""
    joints = movable(description)
    if not joints:
        raise UserError('the URDF has no movable joint')
    grippers = _grippers(description, joints, driver)
    used = {name for g in grippers for name in (g.driver.name, g.pair)}
    followers = {joint.name for g in grippers for joint in g.followers} | _mimics(description)
    free = {name: j for name, j in joints.items() if name not in used | followers}
    arms = [
        ArmDraft(_chain(description, free, g.driver.parent), g.driver.parent, g) for g in grippers
    ]
    arms = [arm for arm in arms if arm.joints]
    if not arms:
        ends = [j.child for j in free.values() if not _moves_more(description, free, j)]
        chains = [(_chain(description, free, link), link) for link in ends]
        longest = max(chains, key=lambda chain: len(chain[0]))
        arms = [ArmDraft(longest[0], _last_fixed(description, longest[1]), None)]
    return tuple(sorted(arms, key=lambda arm: -len(arm.joints)))


def movable(description: Description) -> dict[str, JointDraft]:
    """The movable joints by name, in the order of the URDF."""
    found = {}
    for name, joint in tree.joints_of(ET.fromstring(description.text)).items():
        kind = joint.get('type', '')
        if kind == 'fixed':
            continue
        limit = joint.find('limit')
        values = {} if limit is None else limit.attrib
        turn = 6.283185307179586
        lower = float(values.get('lower', 0.0)) if kind != 'continuous' else -turn
        upper = float(values.get('upper', 0.0)) if kind != 'continuous' else turn
        velocity = float(values.get('velocity', 0.0))
        ends = (tree.end(joint, 'parent'), tree.end(joint, 'child'))
        found[name] = JointDraft(name, kind, lower, upper, velocity, *ends)
    return found


def parents(description: Description) -> dict[str, tuple[str, str]]:
    """(parent link, joint) of each link but the root."""
    joints = tree.joints_of(ET.fromstring(description.text))
    return {tree.end(j, 'child'): (tree.end(j, 'parent'), name) for name, j in joints.items()}


def _mimics(description: Description) -> set[str]:
    joints = tree.joints_of(ET.fromstring(description.text))
    return {name for name, joint in joints.items() if joint.find('mimic') is not None}


def _grippers(
    description: Description, joints: dict[str, JointDraft], driver: str
) -> list[GripperJoints]:
    """Joints that drive others, slide a little, or have the name of a finger, near the end of a
    chain."""
    found: list[GripperJoints] = []
    mimics = _mimics(description)
    for joint in joints.values():
        if joint.name in mimics or any(joint.name == g.pair for g in found):
            continue
        following = tuple(
            joints[m.name] for m in mimic_joints(description.text, joint.name) if m.name in joints
        )
        slides = joint.kind == 'prismatic' and joint.upper - joint.lower <= TRAVEL
        is_named = joint.name == driver or HAND.search(joint.name) is not None
        others = {j.name for j in following} | {joint.name}
        if not (following or slides or is_named) or _leads_to(description, joints, joint, others):
            continue
        found.append(_paired(joint, following, joints, mimics))
    return found


def _paired(
    joint: JointDraft, following: tuple[JointDraft, ...], joints: dict[str, JointDraft],
    mimics: set[str],
) -> GripperJoints:  # fmt: skip
    """The gripper of a joint; a second sliding finger on the same link follows it."""
    if following or joint.kind != 'prismatic':
        return GripperJoints(joint, following)
    for other in joints.values():
        is_other = other.name not in (joint.name, *mimics)
        if is_other and other.kind == 'prismatic' and other.parent == joint.parent:
            mirrored = (other.upper + other.lower) * (joint.upper + joint.lower) < 0.0
            return GripperJoints(joint, (), other.name, -1.0 if mirrored else 1.0)
    return GripperJoints(joint, ())


def _leads_to(
    description: Description, joints: dict[str, JointDraft], joint: JointDraft, own: set[str]
) -> bool:
    """True when joints that are not its own hang on a joint: then it is one of an arm."""
    links = set(tree.below(ET.fromstring(description.text), joint.child))
    return any(j.name not in own and j.parent in links for j in joints.values())


def _chain(
    description: Description, joints: dict[str, JointDraft], link: str
) -> tuple[JointDraft, ...]:
    """The joints from the root to a link."""
    above = parents(description)
    found = []
    while link in above:
        link, name = above[link]
        if name in joints:
            found.append(joints[name])
    return tuple(reversed(found))


def _moves_more(
    description: Description, joints: dict[str, JointDraft], joint: JointDraft
) -> bool:
    links = set(tree.below(ET.fromstring(description.text), joint.child))
    return any(other.parent in links for other in joints.values())


def _last_fixed(description: Description, link: str) -> str:
    """The last of the links that are fixed to one, such as a flange; the deepest chain wins."""
    above = parents(description)
    best, most = link, 0
    for name in tree.below(ET.fromstring(description.text), link):
        depth, at = 0, name
        while at != link:
            at, depth = above[at][0], depth + 1
        if depth > most:
            best, most = name, depth
    return best
