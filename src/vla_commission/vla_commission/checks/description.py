"""The robot file against the URDF: limits, the tip between the pads."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator

import numpy as np

from vla_commission.facts import Facts
from vla_commission.finding import Finding, Status, fail, ok, skipped
from vla_commission.motion.surface import RobotSurface
from vla_core import geometry
from vla_core.robot.config import RobotConfig
from vla_core.robot.description.urdf import described, pad_links
from vla_core.robot.gripper import GripperConfig
from vla_core.robot.joint_states.merger import MAX_POSITION
from vla_core.robot.model import RobotModel

DESCRIPTION = 'robot_description'
SLACK = 0.002  # rad or rad/s, rounding of limits
BEYOND = 0.05  # m, of the pads beyond the tip
AHEAD = 0.01  # m, of the tip beyond the pads
BESIDE = 0.03  # m, from the tip to a pad, beside half of the opening


def limits(facts: Facts, robot: RobotConfig) -> list[Finding]:
    """Are the limits of the robot file inside those of the URDF and of the live description?"""
    texts = {'the URDF': described(robot.urdf).text}
    topic = facts.full(DESCRIPTION)
    live = facts.stream(topic).last
    if live is not None:
        texts[topic] = live.data
    found = []
    for source, text in texts.items():
        for name, lower, upper, velocity in urdf_limits(text):
            found += _beyond(robot, source, name, (lower, upper, velocity))
    return found or [ok('limits', f'the limits are within those of {" and ".join(texts)}')]


def _beyond(
    robot: RobotConfig, source: str, name: str, given: tuple[float, float, float]
) -> list[Finding]:
    joint = next((joint for joint in robot.joints if joint.name == name), None)
    if joint is None:
        return []
    lower, upper, velocity = given
    rows = (
        ('lower', joint.lower, lower, joint.lower < lower - SLACK),
        ('upper', joint.upper, upper, joint.upper > upper + SLACK),
        ('velocity', joint.velocity, velocity, joint.velocity > velocity + SLACK),
    )
    return [
        fail(
            f'limits.{key}', f'{key} of {name} is {ours:g}, {source} has {theirs:g}',
            f'put "{key}: {theirs:g}" into joint {name} of the robot file',
        )
        for key, ours, theirs, is_beyond in rows
        if is_beyond
    ]  # fmt: skip


def urdf_limits(text: str) -> Iterator[tuple[str, float, float, float]]:
    """Name, lower, upper and velocity of each joint of a URDF that has limits."""
    for joint in ET.fromstring(text).iter('joint'):
        limit = joint.find('limit')
        if limit is None:
            continue
        is_bounded = joint.get('type') != 'continuous'
        lower = float(limit.get('lower', '0')) if is_bounded else -MAX_POSITION
        upper = float(limit.get('upper', '0')) if is_bounded else MAX_POSITION
        velocity = float(limit.get('velocity', '0')) or np.inf
        yield joint.get('name', ''), lower, upper, velocity


def tips(robot: RobotConfig) -> list[Finding]:
    """Is the tip frame between the pads, and does its z axis point out of the gripper?"""
    model, found = RobotModel(robot), []
    for gripper in robot.grippers:
        # a wrong opening map is found by moving it: one end of it that agrees is enough
        ends = [_tip(robot, model, gripper, w) for w in (gripper.closed_width, gripper.open_width)]
        found.append(next((end for end in ends if end.status != Status.FAIL), ends[0]))
    return found or [skipped('tip', 'no gripper')]


def _tip(robot: RobotConfig, model: RobotModel, gripper: GripperConfig, width: float) -> Finding:
    arm = next(arm for arm in robot.arms if arm.name == gripper.arm)
    surface = RobotSurface(robot, width)
    pads = [surface.of_link(robot.home, link) for link in pad_links(robot, gripper)]
    if not all(len(pad) for pad in pads):
        return skipped('tip', f'the pads of {gripper.name} have no shape')
    tip_from_base = geometry.inverse(model.fk(robot.home, arm.tip_frame))
    local = [geometry.transform(tip_from_base, pad) for pad in pads]
    beyond = min(float(pad[:, 2].max()) for pad in local)
    beside = max(float(np.linalg.norm(pad, axis=1).min()) for pad in local)
    text = (
        f'{arm.tip_frame} is {beside * 1e3:.0f} mm from the farther pad of {gripper.name}, whose '
        f'end is {beyond * 1e3:+.0f} mm along its z axis'
    )
    if -AHEAD <= beyond <= BEYOND and beside <= width / 2.0 + BESIDE:
        return ok('tip', text)
    wanted = np.mean([pad[pad[:, 2] > pad[:, 2].max() - 0.01].mean(axis=0) for pad in local], 0)
    return fail(
        'tip.frame', text,
        f'name the link between the finger tips as tip_frame of {arm.name}, z out of the gripper, '
        f'or add one under urdf: frames: at {_text(wanted)} m in {arm.tip_frame}',
    )  # fmt: skip


def _text(point: np.ndarray) -> str:
    return '[' + ', '.join(f'{value:.3f}' for value in point) + ']'
