"""F1, F9, F11, F15: messages corrupted by a proxy between real publisher and real reader."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise

import numpy as np

from vla_bench.faults.bounds import ReactionBounds
from vla_bench.faults.chunks import (
    caused,
    earlier_chunk,
    old_chunk,
    rejected_chunk,
    same_chunk,
)  # fmt: skip
from vla_bench.faults.nodes import peak_acceleration
from vla_bench.faults.observer import ReceivedMessage
from vla_bench.faults.rig import AT_ONCE, NAN, STOPPING, TTL, VOID, FaultRig
from vla_core.params import node_parameters
from vla_core.records.action import Target
from vla_core.result import Figure, time_ratio
from vla_core.stack_root import stack_root
from vla_shield.params import ShieldParams

LONG = 0.4  # s for which messages are corrupted
FLOOD = 5000.0  # votes per second
FLIPS = 3.0  # s of bit flips, and of the flood
SETTLE = 0.1  # s after which the observer has recorded everything that came before
BACK = -0.05  # s: older than several earlier targets, not too old for the shield
LEAST = 20  # reordered targets without which nothing is shown
LOOP_P99 = '<= 4'  # python_ms


def blind(rig: FaultRig, since: float) -> float:
    """Time in s from the last valid joint state to the cycle that brakes because of the first
    invalid one; by stamps, so that the observer's own delay does not count."""
    answer = rig.braking(since, 'joints')
    rig.pause(SETTLE)
    received = [h.record for h in rig.observer.since('joints', since - 1.0)]
    good = [float(joints.stamp) for joints in received if np.isfinite(joints.position).all()]
    if answer is None or len(good) == len(received):
        return NAN
    braked = float(answer.record.stamp)
    return braked - max((stamp for stamp in good if stamp < braked), default=NAN)


def after(seconds: float, since: float, faults: list[ReceivedMessage]) -> float:
    """Time in s from the first of `faults` to the reaction `seconds` after `since`.

    A fault that was not received before its reaction counts from its order, at `since`.
    """
    reaction = since + seconds
    began = faults[0].at if faults and faults[0].at < reaction else since
    return reaction - began


def f1(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Values that are not finite in targets, joint states and chunks; single flipped bits."""
    for name, fault in (
        ('all NaN', 'target nan'),
        ('positions NaN', 'target nan position'),
        ('inf', 'target inf velocity'),
    ):
        seconds = rejected(rig, fault, is_broken)
        yield bounds.figure(f'F1 target {name}: REJECTED, braking', seconds, AT_ONCE)
    rig.await_moving()
    began = time.monotonic()
    rig.graph.inject_fault('joint_nan', seconds=LONG)
    yield bounds.figure('F1 joint states NaN: BRAKE', blind(rig, began), AT_ONCE)
    yield from nan_chunks(rig, bounds)
    yield from flipped(rig)


def rejected(rig: FaultRig, fault: str, is_wrong: Callable[[Target], bool]) -> float:
    """Time in s from the stamp of the first wrong target to that of the cycle that brakes because
    of it; by stamps, so that the observer's own delay does not count."""
    rig.await_moving()
    began = rig.inject(fault, seconds=LONG)
    answer = rig.braking(began, 'target')
    rig.pause(SETTLE)
    targets = [h.record for h in rig.observer.since('corrupted target', began)]
    first = next((t.stamp for t in targets if is_wrong(t)), NAN)
    return float(answer.record.stamp) - first if answer else NAN


def is_broken(target: Target) -> bool:
    """True when a value is not finite."""
    return not np.isfinite(np.r_[target.position, target.velocity, target.gripper]).all()


def nan_chunks(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Control rejects them with a reason and continues the previous chunk."""
    observer = rig.observer
    for _ in range(VOID):
        rig.await_moving()
        began = rig.inject('chunk nan values', seconds=LONG)
        answer = observer.wait(partial(rejection_of_nan, rig, began), 1.0)
        rig.pause(SETTLE)  # of two topics the reaction may be received before its cause
        corrupted = observer.since('bad corrupted chunk', began)
        if corrupted:
            break  # else no chunk came while they are corrupted
    seconds = answer.at - corrupted[0].at if answer and corrupted else NAN
    yield bounds.figure('F1 chunk all NaN: rejected by control', seconds, AT_ONCE)
    until = corrupted[0].at + 0.2 if corrupted else began
    hurt = [h for h in observer.since('report', began) if caused(h) and h.at <= until]
    yield Figure('F1 chunk all NaN: cycles stopped by it', float(len(hurt)), '', '== 0')


def rejection_of_nan(rig: FaultRig, since: float) -> ReceivedMessage | None:
    """Control's first state since then whose reason is a chunk that is not finite."""
    states = rig.observer.since('control', since)
    return next((h for h in states if 'not finite' in h.record.reason), None)


def flipped(rig: FaultRig) -> Iterator[Figure]:
    """One bit flips in one float of every target: commands stay finite and within the limits."""
    rig.await_moving()
    observer, began = rig.observer, rig.inject('target flip', seconds=FLIPS)
    rig.pause(FLIPS)
    commands = [h.record for h in observer.since('command', began)]
    bad = sum(not np.isfinite(c.position).all() for c in commands)
    bad += len(observer.since('bad command', began))
    n = len(commands)
    yield Figure('F1 a bit flipped in each target: commands not finite', bad, '', '== 0', n=n)
    share = peak_acceleration(commands, rig.robot.limits.acceleration)
    yield Figure('F1 a bit flipped in each target: acceleration / limit', share, '', '<= 1.05')


def f9(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Chunks and targets that are too old, duplicated or out of order."""
    for name, corrupt, text in (
        ('too old', old_chunk, 'old'),
        ('twice', same_chunk, 'not newer'),
        ('out of order', earlier_chunk, 'not newer'),
    ):
        yield from rejected_chunk(rig, bounds, f'F9 chunk {name}', corrupt, text)
    seconds = shifted(rig, BACK, 'older')
    yield bounds.figure('F9 target out of order: REJECTED, braking', seconds, AT_ONCE)
    # The shield never receives a duplicated target twice: control's next one replaces it in the
    # queue first. tests/faults shows that it would be rejected.
    for fault in ('duplicate', 'reorder=2'):
        yield disorder(rig, fault)
    for name, shift in (('5 s old', -5.0), ('1 s ahead', 1.0)):
        seconds = shifted(rig, shift)
        yield bounds.figure(f'F9 target {name}: braking', seconds, AT_ONCE)


def disorder(rig: FaultRig, fault: str) -> Figure:
    """Every target duplicated, or swapped in pairs; a queue of depth one hides the older one."""
    rig.await_moving()
    began = rig.inject(f'target {fault}', seconds=1.0)
    rig.pause(1.0)
    commands = [h.record for h in rig.observer.since('command', began)]
    share = peak_acceleration(commands, rig.robot.limits.acceleration)
    return Figure(f'F9 every target {fault}: acceleration / limit', share, '', '<= 1.05')


def shifted(rig: FaultRig, shift: float, text: str = '') -> float:
    """Time in s from the original stamp of the first target that reached the shield with a shifted
    one, to the stamp of the first later cycle that brakes with `text` in its reason."""
    observer, wrong = rig.observer, []
    for _ in range(VOID):
        rig.await_moving()
        began = rig.inject(f'target shift={shift:g}', seconds=LONG)
        rig.braking(began)
        rig.pause(SETTLE)
        stamps = [h.record.stamp for h in observer.since('corrupted target', began - 0.1)]
        wrong = [b for a, b in pairwise(stamps) if (b - a) * np.sign(shift) > 0.5 * abs(shift)]
        if wrong:
            break  # else no target came while they are shifted
    made = wrong[0] - shift if wrong else NAN
    cycles = [h.record for h in observer.since('report', began)]
    stopped = [c for c in cycles if c.decision in STOPPING and text in c.reason]
    return next((float(c.stamp - made) for c in stopped if c.stamp > made), NAN)


def f15(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Joints in another order, and one joint missing."""
    rig.await_moving()
    observer, began = rig.observer, rig.inject('target reverse', seconds=LONG)
    rig.pause(LONG)
    targets = [h.record for h in observer.since('corrupted target', began)]
    targets = [t for t in targets if t.names[0] == rig.robot.joint_names[-1]]
    cycles = observer.since('report', began)
    stopped = [h for h in cycles if 'target' in h.record.rules and h.record.decision in STOPPING]
    name = 'F15 targets in another joint order'
    yield Figure(f'{name}: cycles stopped by them', float(len(stopped)), '', '== 0', n=len(cycles))
    off = deviation(rig, targets)
    yield Figure(f'{name}: deviation of the arm from them', off, 'rad', '<= 0.02', n=len(targets))
    joints = len(rig.robot.joint_names)
    seconds = rejected(rig, 'target lack', lambda target: len(target.names) < joints)
    yield bounds.figure('F15 target lacks a joint: REJECTED, braking', seconds, AT_ONCE)


def deviation(rig: FaultRig, targets: list[Target]) -> float:
    """Largest distance in rad of a commanded joint to its value in the nearest target.

    Only commands whose newest state lies between two targets in time count; a command begins
    before it (COMMAND_HISTORY).
    """
    if len(targets) < LEAST:
        return NAN
    joints = rig.robot.joint_names
    requested = np.array([t.position[[t.names.index(name) for name in joints]] for t in targets])
    commands = [h.record for h in rig.observer.since('command', 0.0)]
    first, last = targets[1].stamp, targets[-1].stamp
    within = [c for c in commands if first < c.stamp + c.time_from_start[c.next_row] < last]
    off = [np.abs(requested - c.position[c.next_row]).max(axis=1).min() for c in within]
    return float(max(off, default=NAN))


def f11(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Each required voter falls silent; one publishes its vote 5000 times per second."""
    for voter in voters():
        rig.await_moving()
        began = rig.inject(f'votes drop voter:{voter}', seconds=1.0)
        seconds = rig.braked(began, 'votes:silence')
        received = rig.observer.since('corrupted votes', began - 1.0)
        last = [h for h in received if h.record.voter == voter and h.at <= began + seconds]
        seconds = after(seconds, began, last[-1:])
        yield bounds.figure(f'F11 vote of {voter} silent: HOLD', seconds, TTL + AT_ONCE)
    rig.await_moving()
    began = rig.inject(f'votes rate={FLOOD:g} voter:policy', seconds=FLIPS)
    rig.pause(FLIPS)
    reports = [h.record for h in rig.observer.since('report', began)]
    came = len(rig.observer.since('corrupted votes', began)) / FLIPS
    loop = float(np.percentile([r.loop_ms for r in reports] or [NAN], 99))
    name = f'F11 votes flooded, {came:.0f} per second received: computation of the shield, p99'
    yield from time_ratio(name, loop, LOOP_P99, len(reports))


def voters() -> tuple[str, ...]:
    """The required voters as configured in config/stack.yaml."""
    given = node_parameters(stack_root() / 'config/stack.yaml')['shield'].get('shield', {})
    return tuple(given.get('required_voters', ShieldParams().required_voters))
