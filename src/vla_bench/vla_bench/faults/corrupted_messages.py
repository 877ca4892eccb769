"""Messages spoilt on their way, by a proxy between the real publisher and the real reader."""

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
    refused_chunk,
    same_chunk,
)  # fmt: skip
from vla_bench.faults.nodes import peak_acceleration
from vla_bench.faults.observer import ReceivedMessage
from vla_bench.faults.rig import AT_ONCE, NAN, STOPPING, TTL, VOID, FaultRig
from vla_core.locate import stack_root
from vla_core.params import load_yaml
from vla_core.records.action import Target
from vla_core.result import Figure
from vla_shield.params import ShieldParams

LONG = 0.4  # s, for which a message is spoilt
FLOOD = 5000.0  # votes a second
FLIPS = 3.0  # s
HEARD = 0.1  # s after which the observer has received what came before
BACK = -0.05  # s: older than several that came before, not too old for the shield
LEAST = 20  # targets in another order, or nothing was shown
LOOP_P99 = '<= 15'  # ms


def blind(rig: FaultRig, since: float) -> float:
    """s from the last good joint state, the one before the first bad one, to the cycle that brakes
    because of that, both by their stamps: how late the observer hears them does not count."""
    answer = rig.braking(since, 'joints')
    rig.pause(HEARD)
    if answer is None or not rig.observer.since('bad joints', since):
        return NAN
    braked = float(answer.record.stamp)
    good = [float(h.record.stamp) for h in rig.observer.since('joints', since - 1.0)]
    return braked - max((stamp for stamp in good if stamp < braked), default=NAN)


def after(seconds: float, since: float, faults: list[ReceivedMessage]) -> float:
    """s from the first of `faults` to the answer that came `seconds` after `since`; a fault that
    was not received before its answer counts from the order that asked for it."""
    answer = since + seconds
    began = faults[0].at if faults and faults[0].at < answer else since
    return answer - began


def f1(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Numbers that are none, in targets, joint states and chunks; and single bits turned round."""
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
    """s from when control made the first wrong target to the cycle that brakes because of it, both
    by their stamps: how late the observer hears them does not count."""
    rig.await_moving()
    began = rig.inject(fault, seconds=LONG)
    answer = rig.braking(began, 'target')
    rig.pause(HEARD)
    targets = [h.record for h in rig.observer.since('spoilt target', began)]
    first = next((t.stamp for t in targets if is_wrong(t)), NAN)
    return float(answer.record.stamp) - first if answer else NAN


def is_broken(target: Target) -> bool:
    """A number that is none."""
    return not np.isfinite(np.r_[target.position, target.velocity, target.gripper]).all()


def nan_chunks(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Control says why it refuses them, and the chunk before is played on."""
    observer = rig.observer
    for _ in range(VOID):
        rig.await_moving()
        began = rig.inject('chunk nan values', seconds=LONG)
        answer = observer.wait(partial(refused, rig, began), 1.0)
        rig.pause(HEARD)  # of two topics the answer may be received before the question
        spoilt = observer.since('bad spoilt chunk', began)
        if spoilt:
            break  # else no chunk came while they are spoilt
    seconds = answer.at - spoilt[0].at if answer and spoilt else NAN
    yield bounds.figure('F1 chunk all NaN: refused by control', seconds, AT_ONCE)
    until = spoilt[0].at + 0.2 if spoilt else began
    hurt = [h for h in observer.since('report', began) if caused(h) and h.at <= until]
    yield Figure('F1 chunk all NaN: cycles it stopped', float(len(hurt)), '', '== 0')


def refused(rig: FaultRig, since: float) -> ReceivedMessage | None:
    """Control's first word since then that a chunk is not finite."""
    said = rig.observer.since('control', since)
    return next((h for h in said if 'not finite' in h.record.reason), None)


def flipped(rig: FaultRig) -> Iterator[Figure]:
    """One bit of one float in every target: what goes out stays finite and within the limits."""
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
    """Chunks and targets that are too old, come twice, or come in the wrong order."""
    for name, spoil, word in (
        ('too old', old_chunk, 'old'),
        ('twice', same_chunk, 'not newer'),
        ('out of order', earlier_chunk, 'not newer'),
    ):
        yield from refused_chunk(rig, bounds, f'F9 chunk {name}', spoil, word)
    seconds = shifted(rig, BACK, 'older')
    yield bounds.figure('F9 target out of order: REJECTED, braking', seconds, AT_ONCE)
    # a target that comes twice is never seen twice: control's next one takes its place in the
    # queue before the shield looks; tests/faults shows that it would be rejected
    for fault in ('duplicate', 'reorder=2'):
        yield disorder(rig, fault)
    for name, shift in (('5 s old', -5.0), ('1 s ahead', 1.0)):
        seconds = shifted(rig, shift)
        yield bounds.figure(f'F9 target {name}: braking', seconds, AT_ONCE)


def disorder(rig: FaultRig, fault: str) -> Figure:
    """Every target twice, or in pairs the wrong way round: a queue of one hides what is old."""
    rig.await_moving()
    began = rig.inject(f'target {fault}', seconds=1.0)
    rig.pause(1.0)
    commands = [h.record for h in rig.observer.since('command', began)]
    share = peak_acceleration(commands, rig.robot.limits.acceleration)
    return Figure(f'F9 every target {fault}: acceleration / limit', share, '', '<= 1.05')


def shifted(rig: FaultRig, shift: float, word: str = '') -> float:
    """s from when control made the first target that reached the shield with its stamp shifted, to
    the first cycle after that which brakes, and says `word`; both by their stamps."""
    observer, wrong = rig.observer, []
    for _ in range(VOID):
        rig.await_moving()
        began = rig.inject(f'target shift={shift:g}', seconds=LONG)
        rig.braking(began)
        rig.pause(HEARD)
        stamps = [h.record.stamp for h in observer.since('spoilt target', began - 0.1)]
        wrong = [b for a, b in pairwise(stamps) if (b - a) * np.sign(shift) > 0.5 * abs(shift)]
        if wrong:
            break  # else no target came while they are shifted
    made = wrong[0] - shift if wrong else NAN
    cycles = [h.record for h in observer.since('report', began)]
    stopped = [c for c in cycles if c.decision in STOPPING and word in c.reason]
    return next((float(c.stamp - made) for c in stopped if c.stamp > made), NAN)


def f15(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Joints in another order, and one joint too few."""
    rig.await_moving()
    observer, began = rig.observer, rig.inject('target reverse', seconds=LONG)
    rig.pause(LONG)
    targets = [h.record for h in observer.since('spoilt target', began)]
    targets = [t for t in targets if t.names[0] == rig.robot.joint_names[-1]]
    cycles = observer.since('report', began)
    stopped = [h for h in cycles if 'target' in h.record.rules and h.record.decision in STOPPING]
    name = 'F15 targets in another joint order'
    yield Figure(f'{name}: cycles they stopped', float(len(stopped)), '', '== 0', n=len(cycles))
    off = strayed(rig, targets)
    yield Figure(f'{name}: arm off them', off, 'rad', '<= 0.02', n=len(targets))
    joints = len(rig.robot.joint_names)
    seconds = rejected(rig, 'target lack', lambda target: len(target.names) < joints)
    yield bounds.figure('F15 target lacks a joint: REJECTED, braking', seconds, AT_ONCE)


def strayed(rig: FaultRig, targets: list[Target]) -> float:
    """rad, the farthest that a commanded joint was from where the nearest of the targets has it;
    commands from the second target on, so that each has one before and one after it."""
    if len(targets) < LEAST:
        return NAN
    joints = rig.robot.joint_names
    asked = np.array([t.position[[t.names.index(name) for name in joints]] for t in targets])
    commands = [h.record for h in rig.observer.since('command', 0.0)]
    within = [c for c in commands if targets[1].stamp < c.stamp < targets[-1].stamp]
    off = [np.abs(asked - c.position[0]).max(axis=1).min() for c in within]
    return float(max(off, default=NAN))


def f11(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Each required voter falls silent; one says the same 5000 times a second."""
    for voter in voters():
        rig.await_moving()
        began = rig.inject(f'votes drop voter:{voter}', seconds=1.0)
        seconds = rig.braked(began, 'votes:silence')
        received = rig.observer.since('spoilt votes', began - 1.0)
        last = [h for h in received if h.record.voter == voter and h.at <= began + seconds]
        seconds = after(seconds, began, last[-1:])
        yield bounds.figure(f'F11 vote of {voter} silent: HOLD', seconds, TTL + AT_ONCE)
    rig.await_moving()
    began = rig.inject(f'votes rate={FLOOD:g} voter:policy', seconds=FLIPS)
    rig.pause(FLIPS)
    reports = [h.record for h in rig.observer.since('report', began)]
    came = len(rig.observer.since('spoilt votes', began)) / FLIPS
    loop = float(np.percentile([r.loop_ms for r in reports] or [NAN], 99))
    name = f'F11 votes flooded, {came:.0f} a second received: work of the shield, p99'
    yield Figure(name, loop, 'ms', LOOP_P99, n=len(reports))


def voters() -> tuple[str, ...]:
    """Without whose vote nothing moves, as the stack is configured."""
    nodes = load_yaml(stack_root() / 'config/stack.yaml')
    given = nodes['shield']['ros__parameters'].get('shield', {})
    return tuple(given.get('required_voters', ShieldParams().required_voters))
