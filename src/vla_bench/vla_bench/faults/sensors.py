"""The robot and its surroundings go wrong: encoders, cameras, things that vanish or appear."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, takewhile

import numpy as np

from vla_bench.faults.bounds import ReactionBounds
from vla_bench.faults.observer import ReceivedMessage
from vla_bench.faults.rig import AT_ONCE, CYCLE, NAN, STAMP, TTL, VOID, FaultRig
from vla_core.frozen import Array
from vla_core.records.safety import Decision, ShieldReport
from vla_core.records.scene import GroundedObject, GroundedScene, Role
from vla_core.records.sensing import JointState
from vla_core.result import Figure
from vla_core.robot.model import RobotModel
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.params import ShieldParams

STUCK = 3.0  # s that joint states stand still: the arm may be held for another reason meanwhile
NOTICED = 250.0  # ms, of motion, until it is noticed that the joint states show none
SHARP = 0.03  # s, that it may take to remove something: a picture comes every 0.1 s
SEEN = 0.02  # s, between two scenes with the obstacle in them
AHEAD = 0.05  # m, from the hand to the obstacle
HALF = 0.06  # m, of the obstacle's edge: open fingers do not fit around it
AT_HAND = ShieldParams().gripper_clearance  # m: any step further is too far
FURTHEST, FINELY = 0.3, 1e-3  # m, along the way, that an obstacle is placed at, and how exactly
FAST = 0.15  # m/s, of a tip that is sent against it, if it gets there
MOVES = 0.03  # m/s
OWN_ID = 60_000


def f5(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Joint states cease; the time counts from the last one that came."""
    rig.await_moving()
    began = time.monotonic()
    rig.graph.inject_fault('joint_silence', seconds=0.5)
    answered = began + rig.braked(began, 'joints')
    before = [h.at for h in rig.observer.since('joints', began - 1.0) if h.at < answered]
    seconds = answered - before[-1] if before else NAN
    yield bounds.figure('F5 joint states cease: BRAKE', seconds, 70.0)


def f6(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Joint states stand still under fresh stamps; counted from the last that told something, and
    from when the arm was told to move: one that stands says the same all the time."""
    for _ in range(VOID):
        rig.await_moving()
        began = time.monotonic()
        rig.graph.inject_fault('joint_stuck', seconds=STUCK)
        received = rig.braking(began, 'joints:frozen', STUCK)
        rig.graph.inject_fault('none')
        same = repeated(rig.observer.since('joints', began))
        if received is not None or (same and is_driven(rig, same[0].at)):
            break  # else the arm was not told to move while they stood still
    seconds = NAN
    if received is not None and same:
        seconds = rig.command_of(received).at - max(same[0].at, driven_since(rig, received))
    yield bounds.figure('F6 joint states frozen under fresh stamps: HOLD', seconds, NOTICED)


def is_driven(rig: FaultRig, began: float) -> bool:
    """Whether the arm was commanded to move for long enough to notice that it seems not to."""
    run = longest = 0
    for command in rig.observer.since('command', began):
        run = run + 1 if drives(command) else 0
        longest = max(longest, run)
    return longest * CYCLE >= NOTICED


def driven_since(rig: FaultRig, received: ReceivedMessage) -> float:
    """When the motion began that the shield commanded right before this cycle; s, steady clock,
    and NaN when it commanded none."""
    commands = rig.observer.since('command', received.at - STUCK)
    before = [c for c in commands if c.record.stamp < received.record.stamp - STAMP]
    return min((c.at for c in takewhile(drives, reversed(before))), default=NAN)


def drives(command: ReceivedMessage) -> bool:
    """Whether an arm that follows this command must be seen to move."""
    return bool(np.abs(command.record.velocity).max() > ShieldParams().frozen_speed)


def repeated(samples: list[ReceivedMessage]) -> list[ReceivedMessage]:
    """Those that say the same as the one before them."""
    pairs = pairwise(samples)
    return [b for a, b in pairs if np.array_equal(a.record.position, b.record.position)]


def f8(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """A camera without depth, and one that is covered. There is no base to stop."""
    for name, fault, value in (
        ('95 % of the depth lost', 'depth_holes', 0.95),
        ('camera covered', 'camera_black', 0.0),
    ):
        rig.await_moving()
        began = time.monotonic()
        rig.graph.inject_fault(fault, value, seconds=1.0)
        seconds = rig.braked(began, 'vote:grounding')
        yield bounds.figure(f'F8 {name}: HOLD', seconds, 200.0)


def f17(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Something appears ahead of the hand: 5 cm, and so near that it must brake at once."""
    model, observer = RobotModel(rig.robot), rig.observer
    body, names = CollisionModel(ShieldParams(), rig.robot), rig.robot.joint_names
    for words, ahead in (('5 cm', AHEAD), ('too near to pass', AT_HAND)):
        rig.await_moving()
        rig.graph.client.wait(lambda: speed(rig, model) >= FAST, 5.0)
        joints, scene = observer.last('joints'), observer.last('scene')
        if joints is None or scene is None or not speed(rig, model) >= MOVES:
            yield Figure('F17 obstacle ahead: the tip does not move', NAN, '', '== 0')
            return
        tip, velocity = tip_of(rig, model, joints.record)
        pace = float(np.linalg.norm(velocity))
        way = velocity / pace
        body.set_width(width(joints, rig.robot.gripper.joint))
        q, _ = joints.record.select(names)
        thing = obstacle(tip + reach(body, q, tip, way, ahead) * way)
        began = time.monotonic()
        answer = appear(rig, scene.record, thing)
        name = f'F17 obstacle {words} ahead at {pace:.2f} m/s'
        if ahead == AT_HAND:
            yield bounds.figure(f'{name}: motion bent', answer, 2 * CYCLE)
            continue
        ways = [h.record.select(names)[0] for h in observer.since('joints', began)]
        nearest = min((gap(body, q, thing.position) for q in ways), default=NAN)
        yield Figure(f'{name}: nearest the hand came', 1e3 * nearest, 'mm', '> 0')


def reach(body: CollisionModel, q: Array, tip: Array, way: Array, least: float) -> float:
    """m, along `way` (3,), from the tip to the middle of an obstacle that is `least` m from the
    hand, with the arm at `q` (n,) rad."""
    near, far = 0.0, FURTHEST
    while far - near > FINELY:
        middle = 0.5 * (near + far)
        is_clear = gap(body, q, tip + middle * way) >= least
        near, far = (near, middle) if is_clear else (middle, far)
    return far


def gap(body: CollisionModel, q: Array, position: Array) -> float:
    """m, between the hand, with the arm at `q` (n,) rad, and an obstacle at `position` (3,)."""
    slot, place = body.slots[0], np.eye(4)
    place[:3, 3] = position
    body.set_box(slot, np.full(3, 2.0 * HALF), place)
    pairs = np.flatnonzero((body.second == slot) & np.isin(body.first, body.gripper))
    return float(body.distances(q, pairs).min())


def appear(rig: FaultRig, scene: GroundedScene, thing: GroundedObject) -> float:
    """Have `thing` seen for a second; return s from the first scene with it to the cycle that is
    bent or held because of it, both by their stamps, or NaN."""
    observer, began, first = rig.observer, time.monotonic(), rig.observer.ros_now
    while time.monotonic() - began < 1.0:
        own = replace(scene, stamp=observer.ros_now, objects=(*scene.objects, thing))
        observer.say_scene(own)
        time.sleep(SEEN)
    cycles = [h.record for h in observer.since('report', began)]
    return next((c.stamp - first for c in cycles if c.stamp > first and is_answer(c)), NAN)


def is_answer(report: ShieldReport) -> bool:
    """True when this cycle was changed for an object, or held by a rule about one."""
    what = any('object' in rule or rule == 'vote:rules' for rule in report.rules)
    return report.decision != Decision.PASS and what


def obstacle(position: Array) -> GroundedObject:
    size = np.full(3, 2.0 * HALF)
    return GroundedObject(
        OWN_ID, 'obstacle', 'black', 'cube', Role.OBSTACLE, 0.0, position, 0.0, size, 0.0
    )


def tip_of(rig: FaultRig, model: RobotModel, joints: JointState) -> tuple[Array, Array]:
    """(3,) m and (3,) m/s of the tip."""
    q, v = joints.select(rig.robot.joint_names)
    return model.fk(q)[:3, 3], (model.jacobian(q) @ v)[:3]


def speed(rig: FaultRig, model: RobotModel) -> float:
    """m/s, of the tip, while the policy moves it."""
    last = rig.observer.last('joints')
    if last is None or not rig.is_moving():
        return 0.0
    return float(np.linalg.norm(tip_of(rig, model, last.record)[1]))


def f18(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Perception is killed: nothing moves on what it said last."""
    rig.await_moving()
    seconds = rig.braked(rig.kill('perception'))
    yield bounds.figure('F18 perception killed: HOLD', seconds, TTL + AT_ONCE)


def f19(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """The target is taken away while the hand comes near."""
    observer, finger = rig.observer, rig.robot.gripper.joint
    for _ in range(VOID):
        rig.await_moving()
        before = width(observer.last('joints'), finger)
        gone, began = observer.ros_now, time.monotonic()
        rig.graph.inject_fault('remove_target')
        if time.monotonic() - began <= SHARP:
            break  # else nobody knows which picture was the first without it
        rig.end()
    seconds = rig.braked(began, 'vote:grounding', within=3.0)
    looks = [h for h in observer.since('scene', began) if h.record.stamp > gone]
    needed = sum(h.at <= began + seconds for h in looks) if np.isfinite(seconds) else NAN
    yield Figure('F19 target removed: looks until HOLD', float(needed), '', '<= 2')
    yield Figure('F19 target removed: HOLD', 1e3 * seconds, 'ms')
    rig.pause(1.0)
    after = width(observer.last('joints'), finger)
    yield Figure('F19 fingers closed on air', 1e3 * max(before - after, 0.0), 'mm', '<= 5')


def width(received: ReceivedMessage | None, finger: str) -> float:
    """m, opening."""
    if received is None:
        return NAN
    return 2.0 * float(received.record.select((finger,))[0][0])
