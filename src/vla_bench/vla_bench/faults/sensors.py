"""F5, F6, F8, F18, F19: failing joint states and cameras, dead perception, a vanished target."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise, takewhile

import numpy as np

from vla_bench.faults.bounds import ReactionBounds
from vla_bench.faults.observer import ReceivedMessage
from vla_bench.faults.rig import AT_ONCE, CYCLE, NAN, STAMP, TTL, VOID, FaultRig
from vla_core.result import Figure
from vla_shield.params import ShieldParams

STUCK = 3.0  # s for which joint states are frozen: the arm may be held for another reason first
NOTICED = 250.0  # ms of commanded motion within which frozen joint states must be detected
REMOVAL = 0.03  # s within which the target must be removed: an image comes every 0.1 s


def f5(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Joint states cease; the time counts from the last one received."""
    rig.await_moving()
    began = time.monotonic()
    rig.graph.inject_fault('joint_silence', seconds=0.5)
    answered = began + rig.braked(began, 'joints')
    before = [h.at for h in rig.observer.since('joints', began - 1.0) if h.at < answered]
    seconds = answered - before[-1] if before else NAN
    yield bounds.figure('F5 joint states cease: BRAKE', seconds, 70.0)


def f6(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Joint states freeze while their stamps advance.

    Counted from the last state that changed, or later from the first command to move: the states
    of a standing arm do not change either.
    """
    for _ in range(VOID):
        rig.await_moving()
        began = time.monotonic()
        rig.graph.inject_fault('joint_stuck', seconds=STUCK)
        received = rig.braking(began, 'joints:frozen', STUCK)
        rig.graph.inject_fault('none')
        same = repeated(rig.observer.since('joints', began))
        if received is not None or (same and is_driven(rig, same[0].at)):
            break  # else the arm was not commanded to move while they were frozen
    seconds = NAN
    if received is not None and same:
        seconds = rig.command_of(received).at - max(same[0].at, driven_since(rig, received))
    yield bounds.figure('F6 joint states frozen under fresh stamps: HOLD', seconds, NOTICED)


def is_driven(rig: FaultRig, began: float) -> bool:
    """True when motion was commanded for long enough to detect that the states show none."""
    run = longest = 0
    for command in rig.observer.since('command', began):
        run = run + 1 if drives(command) else 0
        longest = max(longest, run)
    return longest * CYCLE >= NOTICED


def driven_since(rig: FaultRig, received: ReceivedMessage) -> float:
    """Steady time in s at which the motion commanded just before this cycle began; NaN without."""
    commands = rig.observer.since('command', received.at - STUCK)
    before = [c for c in commands if c.record.stamp < received.record.stamp - STAMP]
    return min((c.at for c in takewhile(drives, reversed(before))), default=NAN)


def drives(command: ReceivedMessage) -> bool:
    """True when the states of an arm that follows this command must change."""
    return bool(np.abs(command.record.velocity).max() > ShieldParams().frozen_speed)


def repeated(samples: list[ReceivedMessage]) -> list[ReceivedMessage]:
    """The states that equal their predecessor."""
    pairs = pairwise(samples)
    return [b for a, b in pairs if np.array_equal(a.record.position, b.record.position)]


def f8(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """A camera without depth, and a covered camera. There is no base to stop."""
    for name, fault, value in (
        ('95 % of the depth lost', 'depth_holes', 0.95),
        ('camera covered', 'camera_black', 0.0),
    ):
        rig.await_moving()
        began = time.monotonic()
        rig.graph.inject_fault(fault, value, seconds=1.0)
        seconds = rig.braked(began, 'vote:grounding')
        yield bounds.figure(f'F8 {name}: HOLD', seconds, 200.0)


def f18(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Perception is killed: the arm does not move on its last scene."""
    rig.await_moving()
    seconds = rig.braked(rig.kill('perception'))
    yield bounds.figure('F18 perception killed: HOLD', seconds, TTL + AT_ONCE)


def f19(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """The target is removed while the gripper approaches."""
    observer, finger = rig.observer, rig.robot.gripper.joint
    for _ in range(VOID):
        rig.await_moving()
        before = gripper_opening(observer.last('joints'), finger)
        gone, began = observer.ros_now, time.monotonic()
        rig.graph.inject_fault('remove_target')
        if time.monotonic() - began <= REMOVAL:
            break  # else it is not known which image is the first without it
        rig.end()
    seconds = rig.braked(began, 'vote:grounding', within=3.0)
    scenes = [h for h in observer.since('scene', began) if h.record.stamp > gone]
    needed = sum(h.at <= began + seconds for h in scenes) if np.isfinite(seconds) else NAN
    yield Figure('F19 target removed: scenes until HOLD', float(needed), '', '<= 2')
    yield Figure('F19 target removed: HOLD', 1e3 * seconds, 'ms')
    rig.pause(1.0)
    after = gripper_opening(observer.last('joints'), finger)
    yield Figure('F19 fingers closed on air', 1e3 * max(before - after, 0.0), 'mm', '<= 5')


def gripper_opening(received: ReceivedMessage | None, finger: str) -> float:
    """Opening of the gripper in m; NaN without joint states."""
    if received is None:
        return NAN
    return 2.0 * float(received.record.select((finger,))[0][0])
