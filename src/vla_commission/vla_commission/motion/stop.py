"""The shield is killed during a slow motion: way and time to rest, against what was certified."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np

from vla_commission.finding import Finding, fail, ok
from vla_commission.motion.guide import TIP_SPEED, Guide, MotionError
from vla_commission.motion.rig import PERIOD
from vla_commission.motion.sine import stopped
from vla_core.frozen import Array
from vla_core.records.action import Trajectory
from vla_core.robot.model import RobotModel

LEAD = 1.5  # s of motion before the stop
WATCH = 2.0  # s, after it
REST = 0.01  # rad/s
ERROR = 0.01  # rad, of the end against the certified end
LATE = 0.15  # s, of the rest after the certified rest, beside lag


@dataclass(frozen=True)
class StopMeasurement:
    """One stop."""

    time: float  # s, from the kill to rest
    distance: float  # m, of the tip
    certified_time: float  # s
    certified_distance: float  # m
    error: float  # rad, largest, of the joints at rest against the certified end
    trace: Array  # (k, 2) s since the kill, m of the tip since then


def measure(guide: Guide) -> StopMeasurement:
    """Move the first joint at the slow speed, kill the shield, and watch."""
    rig, q = guide.rig, guide.begin()
    model = RobotModel(rig.robot)
    reach = max(0.05, float(np.linalg.norm(model.jacobian(q)[:3, 0])))
    speed = TIP_SPEED / reach
    target, velocity = q.copy(), np.zeros(len(q))
    side = -1.0 if q[0] > 0.5 * (rig.robot.joints[0].lower + rig.robot.joints[0].upper) else 1.0
    for k in range(round(LEAD / PERIOD)):
        ramp = min(1.0, k * PERIOD / 0.5)
        velocity[0] = side * speed * 0.5 * (1.0 - np.cos(pi * ramp))
        target = target + velocity * PERIOD
        guide.step(target, velocity)
    certified = rig.certified
    if certified is None:
        raise MotionError('the shield has sent no trajectory')
    began, start = rig.now, guide.q
    rig.kill_shield()
    return _watched(guide, model, certified, (began, start))


def _watched(
    guide: Guide, model: RobotModel, certified: Trajectory, kill: tuple[float, Array]
) -> StopMeasurement:
    rig, (began, start) = guide.rig, kill
    origin, last_motion, before = model.fk(start)[:3, 3], began, start
    trace = []
    while rig.now < began + WATCH:
        rig.cycle()
        q = guide.q
        if np.abs(q - before).max() > REST * PERIOD:
            last_motion = rig.now
        before = q
        trace.append((rig.now - began, float(np.linalg.norm(model.fk(q)[:3, 3] - origin))))
    end = certified.position[-1]
    ahead = max(0.0, (certified.stamp or began) + float(certified.time_from_start[-1]) - began)
    planned = float(np.linalg.norm(model.fk(end)[:3, 3] - origin))
    return StopMeasurement(
        last_motion - began, trace[-1][1], ahead, planned, float(np.abs(before - end).max()),
        np.array(trace),
    )  # fmt: skip


def stop_findings(guide: Guide) -> tuple[list[Finding], StopMeasurement | None]:
    """The stop test; the shield runs again afterwards."""
    try:
        stop = measure(guide)
    except MotionError as fault:
        guide.finish()
        return [stopped('stop.stopped', fault)], None
    guide.rig.start_shield()
    arm = guide.rig.robot.arm
    text = (
        f'rest after {stop.time * 1e3:.0f} ms and {stop.distance * 1e3:.1f} mm of the tip; '
        f'certified {stop.certified_time * 1e3:.0f} ms and {stop.certified_distance * 1e3:.1f} mm'
    )
    found = []
    if not stop.error <= ERROR + arm.controller.sag:
        found.append(fail(
            'stop.distance', f'{text}; a joint rests {stop.error:.3f} rad from the certified end',
            'let the controller play the whole trajectory: no path that replaces it, no other '
            'publisher; check its parameters (controller)',
        ))  # fmt: skip
    if not stop.time <= stop.certified_time + arm.controller.lag + LATE:
        found.append(fail(
            'stop.time', text, f'correct lag in the controller of {arm.name} in the robot file',
        ))  # fmt: skip
    return found or [ok('stop', text)], stop
