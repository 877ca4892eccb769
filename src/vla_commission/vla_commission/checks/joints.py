"""Joint states at rest: names, order, units, limits, velocities."""

from __future__ import annotations

from collections import Counter
from math import degrees, isfinite, pi

import numpy as np

from vla_commission.facts import Facts, JointArrival
from vla_commission.finding import Finding, fail, ok, warning
from vla_core.robot.config import RobotConfig
from vla_core.robot.joint_states.merger import LIMIT_SLACK

IN_DEGREES = 2.2 * pi  # a joint of an arm that reports more is not in rad
REST = 0.01  # rad/s, differentiated: the arm is at rest
SPURIOUS = 0.05  # rad/s, reported by an arm at rest


def names(facts: Facts, robot: RobotConfig) -> list[Finding]:
    """Is each joint of the robot reported, once per message?"""
    if not facts.joints:
        return []  # graph.inputs says why
    own = (*robot.joint_names, *(gripper.joint for gripper in robot.grippers))
    seen = {name for sample in facts.joints for name in sample.state.names}
    missing = [name for name in own if name not in seen]
    found = []
    if missing:
        others = sorted(seen - set(own)) or ['no others']
        found.append(fail(
            'joints.missing', f'{robot.joint_states_topic} lacks {", ".join(missing)}',
            f'start the broadcaster of these joints, or correct their names in the robot file; '
            f'reported are also: {", ".join(others)}',
        ))  # fmt: skip
    for arm in robot.arms:
        is_whole = any(set(arm.joint_names) <= set(s.state.names) for s in facts.joints)
        if not is_whole and not set(arm.joint_names) & set(missing):
            found.append(fail(
                    'joints.split', f'no message holds all joints of {arm.name}',
                    'publish the joints of one arm in one message, read at one instant',
                ))  # fmt: skip
    doubled = sorted({n for s in facts.joints for n in _doubled(s, own)})
    if doubled:
        found.append(fail(
            'joints.doubled', f'a message names {", ".join(doubled)} more than once',
            'remove the second copy from the joints of the broadcaster',
        ))  # fmt: skip
    return found or [ok('joints.names', f'all {len(own)} joints are reported')]


def _doubled(sample: JointArrival, own: tuple[str, ...]) -> list[str]:
    counts = Counter(sample.state.names)
    return [name for name in own if counts[name] > 1]


def positions(facts: Facts, robot: RobotConfig) -> list[Finding]:
    """Are positions finite, in rad, and within the limits of the robot file?"""
    last = latest(facts)
    found = []
    for joint in robot.joints:
        position = last.get(joint.name)
        if position is None:
            continue
        low, high = joint.lower - LIMIT_SLACK, joint.upper + LIMIT_SLACK
        if not isfinite(position):
            found.append(fail(
                'joints.nan', f'{joint.name} is {position}', 'mend or restart the driver',
            ))  # fmt: skip
        elif not low <= position <= high and abs(position) > IN_DEGREES:
            found.append(fail(
                'joints.unit', f'{joint.name} is {position:.4g}, outside of its limits '
                f'{joint.lower:.3g} to {joint.upper:.3g} rad; read as degrees it is '
                f'{position * pi / 180:.3f} rad',
                'let the driver publish rad (REP-103): multiply by pi/180',
            ))  # fmt: skip
        elif not joint.lower <= position <= joint.upper:
            found.append(warning(
                'joints.limits', f'{joint.name} is {position:.3f} rad '
                f'({degrees(position):.1f} degrees), outside of {joint.lower:.3f} to '
                f'{joint.upper:.3f}',
                f'move it inside, or correct lower and upper of {joint.name} in the robot file',
            ))  # fmt: skip
    return found or [ok('joints.positions', 'all positions are finite and within the limits')]


def latest(facts: Facts) -> dict[str, float]:
    """Newest position by joint."""
    found: dict[str, float] = {}
    for sample in facts.joints:
        found.update(zip(sample.state.names, sample.state.position.tolist(), strict=False))
    return found


def velocities(facts: Facts, robot: RobotConfig) -> list[Finding]:
    """Are velocities reported as the contract says?"""
    found = []
    for arm in robot.arms:
        samples = [s for s in facts.joints if set(arm.joint_names) <= set(s.state.names)]
        if not samples:
            continue
        rows = [s.state.select(arm.joint_names)[1] for s in samples]
        has_velocity = bool(np.isfinite(np.array(rows)).all())
        declared = arm.controller.reports_velocity
        where = f'arms: {arm.name}: controller'
        if declared and not has_velocity:
            found.append(fail(
                'joints.velocity', f'the joints of {arm.name} have no velocity',
                f'publish it, or put "{{reports_velocity: false}}" into the robot file at {where}',
            ))  # fmt: skip
        elif has_velocity and not declared:
            found.append(warning(
                'joints.velocity', f'the joints of {arm.name} have velocities, which are unused',
                f'put "{{reports_velocity: true}}" into the robot file at {where}',
            ))  # fmt: skip
        elif has_velocity:
            found += _at_rest(np.array(rows), samples, arm.joint_names)
    return found or [ok('joints.velocity', 'velocities are reported as the robot file says')]


def _at_rest(rows: np.ndarray, samples: list[JointArrival], joints: tuple[str, ...]) -> list:
    """Velocities that a resting arm reports."""
    q = np.array([s.state.select(joints)[0] for s in samples])
    span = samples[-1].state.stamp - samples[0].state.stamp
    if not span > 0.2 or not np.all(np.ptp(q, axis=0) / span < REST):
        return []
    reported = np.median(np.abs(rows), axis=0)
    return [
        warning(
            'joints.velocity', f'{name} rests, and reports {speed:.2f} rad/s',
            'correct the velocity in the driver, or remove it and set reports_velocity: false',
        )
        for name, speed in zip(joints, reported, strict=True)
        if speed > SPURIOUS
    ]  # fmt: skip
