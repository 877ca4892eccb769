"""Rates, gaps and stamps of joint states and images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vla_commission.facts import Facts, JointArrival, TopicStream
from vla_commission.finding import Finding, fail, ok, warning
from vla_core.robot.config import RobotConfig
from vla_ros import topics
from vla_shield.params import ShieldParams

LEAST_RATE = 40.0  # Hz, of joint states: two samples within the time-out of the shield
GOOD_RATE = 90.0  # Hz, of joint states: one in each cycle
LEAST_IMAGES = 2.0  # Hz
GOOD_IMAGES = 5.0  # Hz
LATE_IMAGE = 0.3  # s, from exposure to arrival
JITTER = 0.02  # s, 95th percentile of the age above its median
SYNCHRONISE = 'synchronise the clocks (chrony, ptp), or let the driver stamp by the ROS clock'


def rates(facts: Facts, robot: RobotConfig) -> list[Finding]:
    """Do joint states and images come often enough?"""
    found = [_joint_rate(facts, arm.joint_names) for arm in robot.arms]
    for camera in robot.cameras:
        for topic in topics.camera(camera)[:2]:
            stream = facts.stream(topic.name)
            if len(stream.arrivals) > 1 and stream.rate < GOOD_IMAGES:
                kind = fail if stream.rate < LEAST_IMAGES else warning
                found.append(kind(
                    'rate.images', f'{topic.name} comes at {stream.rate:.1f} Hz',
                    f'set its driver to {GOOD_IMAGES:.0f} Hz or more',
                ))  # fmt: skip
    bad = [f for f in found if f is not None and not f.is_good]
    return bad or [f for f in found if f is not None][:1]


def _joint_rate(facts: Facts, joints: Sequence[str]) -> Finding | None:
    samples = whole(facts, joints)
    if len(samples) < 2:
        return None
    times = np.array([sample.arrival for sample in samples])
    rate, gap = (len(times) - 1) / max(times[-1] - times[0], 1e-9), np.diff(times).max()
    timeout = ShieldParams().joints_timeout
    measured = f'joint states come at {rate:.0f} Hz, longest gap {gap * 1e3:.0f} ms'
    change = f'set the rate of the joint_state_broadcaster to {GOOD_RATE + 10:.0f} Hz or more'
    if rate < LEAST_RATE:
        return fail('rate.joints', f'{measured}; the shield brakes after {timeout:g} s', change)
    if rate < GOOD_RATE or gap > 2.0 * timeout:
        return warning('rate.joints', measured, change)
    return ok('rate.joints', measured)


def whole(facts: Facts, joints: Sequence[str]) -> list[JointArrival]:
    """The samples that hold all these joints."""
    return [s for s in facts.joints if set(joints) <= set(s.state.names)]


def stamps(facts: Facts, robot: RobotConfig) -> list[Finding]:
    """Is each stamp the time of the measurement, by our clock?"""
    params = ShieldParams()
    limits = {robot.joint_states_topic: params.joints_timeout}
    for camera in robot.cameras:
        limits |= {topic.name: LATE_IMAGE for topic in topics.camera(camera)[:2]}
    found = []
    for name, late in limits.items():
        found += _stamp(name, facts.stream(name), late, -params.future_tolerance)
    return found or [ok('stamps', 'all stamps are of our clock, and none is late')]


def _stamp(name: str, stream: TopicStream, late: float, early: float) -> list[Finding]:
    if not stream.arrivals:
        return []
    if not any(stream.stamps):
        return [fail(
            'stamps.zero', f'{name} has stamp 0',
            'let the driver stamp each message with the time of its measurement',
        )]  # fmt: skip
    ages = np.array(stream.ages)
    age, spread = float(np.median(ages)), float(np.percentile(ages, 95) - np.median(ages))
    if age < early:
        return [
            fail('stamps.offset', f'{name} is stamped {-age:.2f} s in the future', SYNCHRONISE)
        ]
    if age > late:
        return [fail('stamps.offset', f'{name} arrives {age:.2f} s after its stamp', SYNCHRONISE)]
    if spread > max(JITTER, 0.5 * late):
        return [warning(
            'stamps.jitter', f'the age of {name} varies by {spread * 1e3:.0f} ms',
            'stamp in the driver, where the measurement is read, not where it is published',
        )]  # fmt: skip
    return []
