"""Messages spoilt on their way, by a proxy between the real publisher and the real reader."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise

import numpy as np

from vla_bench.faults.chunks import (
    caused,
    earlier_chunk,
    old_chunk,
    refused_chunk,
    same_chunk,
)  # fmt: skip
from vla_bench.faults.nodes import hardest
from vla_bench.faults.observer import ReceivedMessage
from vla_bench.faults.rig import AT_ONCE, NAN, STOPPING, TTL, VOID, FaultRig, ReactionBounds
from vla_core.locate import stack_root
from vla_core.params import load_yaml
from vla_core.records.action import Target
from vla_core.result import Figure
from vla_shield.params import ShieldParams

LONG = 0.4  # s, for which a message is spoilt
FLOOD = 5000.0  # votes a second
FLIPS = 3.0  # s
HEARD = 0.1  # s after which the witness has heard what came before
BACK = -0.05  # s: older than several that came before, not too old for the shield
LEAST = 20  # targets in another order, or nothing was shown
LOOP_P99 = '<= 15'  # ms


def blind(stage: FaultRig, since: float) -> float:
    """s from the last good joint state, the one before the first bad one, to the cycle that brakes
    because of that, both by their stamps: how late the witness hears them does not count."""
    answer = stage.braking(since, 'joints')
    stage.pause(HEARD)
    if answer is None or not stage.witness.since('bad joints', since):
        return NAN
    braked = float(answer.record.stamp)
    good = [float(h.record.stamp) for h in stage.witness.since('joints', since - 1.0)]
    return braked - max((stamp for stamp in good if stamp < braked), default=NAN)


def after(seconds: float, since: float, faults: list[ReceivedMessage]) -> float:
    """s from the first of `faults` to the answer that came `seconds` after `since`; a fault that
    was not heard before its answer counts from the order that asked for it."""
    answer = since + seconds
    began = faults[0].at if faults and faults[0].at < answer else since
    return answer - began


def f1(stage: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Numbers that are none, in targets, joint states and chunks; and single bits turned round."""
    for name, harm in (
        ('all NaN', 'target nan'),
        ('positions NaN', 'target nan position'),
        ('inf', 'target inf velocity'),
    ):
        seconds = rejected(stage, harm, is_broken)
        yield bounds.figure(f'F1 target {name}: REJECTED, braking', seconds, AT_ONCE)
    stage.await_moving()
    began = time.monotonic()
    stage.graph.inject_fault('joint_nan', seconds=LONG)
    yield bounds.figure('F1 joint states NaN: BRAKE', blind(stage, began), AT_ONCE)
    yield from nan_chunks(stage, bounds)
    yield from flipped(stage)


def rejected(stage: FaultRig, harm: str, is_wrong: Callable[[Target], bool]) -> float:
    """s from when control made the first wrong target to the cycle that brakes because of it, both
    by their stamps: how late the witness hears them does not count."""
    stage.await_moving()
    began = stage.harm(harm, seconds=LONG)
    answer = stage.braking(began, 'target')
    stage.pause(HEARD)
    targets = [h.record for h in stage.witness.since('spoilt target', began)]
    first = next((t.stamp for t in targets if is_wrong(t)), NAN)
    return float(answer.record.stamp) - first if answer else NAN


def is_broken(target: Target) -> bool:
    """A number that is none."""
    return not np.isfinite(np.r_[target.position, target.velocity, target.gripper]).all()


def nan_chunks(stage: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Control says why it refuses them, and the chunk before is played on."""
    witness = stage.witness
    for _ in range(VOID):
        stage.await_moving()
        began = stage.harm('chunk nan values', seconds=LONG)
        answer = witness.wait(partial(refused, stage, began), 1.0)
        stage.pause(HEARD)  # of two topics the answer may be heard before the question
        spoilt = witness.since('bad spoilt chunk', began)
        if spoilt:
            break  # else no chunk came while they are spoilt
    seconds = answer.at - spoilt[0].at if answer and spoilt else NAN
    yield bounds.figure('F1 chunk all NaN: refused by control', seconds, AT_ONCE)
    until = spoilt[0].at + 0.2 if spoilt else began
    hurt = [h for h in witness.since('report', began) if caused(h) and h.at <= until]
    yield Figure('F1 chunk all NaN: cycles it stopped', float(len(hurt)), '', '== 0')


def refused(stage: FaultRig, since: float) -> ReceivedMessage | None:
    """Control's first word since then that a chunk is not finite."""
    said = stage.witness.since('control', since)
    return next((h for h in said if 'not finite' in h.record.reason), None)


def flipped(stage: FaultRig) -> Iterator[Figure]:
    """One bit of one float in every target: what goes out stays finite and within the limits."""
    stage.await_moving()
    witness, began = stage.witness, stage.harm('target flip', seconds=FLIPS)
    stage.pause(FLIPS)
    commands = [h.record for h in witness.since('command', began)]
    bad = sum(not np.isfinite(c.position).all() for c in commands)
    bad += len(witness.since('bad command', began))
    n = len(commands)
    yield Figure('F1 a bit flipped in each target: commands not finite', bad, '', '== 0', n=n)
    share = hardest(commands, stage.robot.limits.acceleration)
    yield Figure('F1 a bit flipped in each target: acceleration / limit', share, '', '<= 1.05')


def f9(stage: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Chunks and targets that are too old, come twice, or come in the wrong order."""
    for name, spoil, word in (
        ('too old', old_chunk, 'old'),
        ('twice', same_chunk, 'not newer'),
        ('out of order', earlier_chunk, 'not newer'),
    ):
        yield from refused_chunk(stage, bounds, f'F9 chunk {name}', spoil, word)
    seconds = shifted(stage, BACK, 'older')
    yield bounds.figure('F9 target out of order: REJECTED, braking', seconds, AT_ONCE)
    # a target that comes twice is never seen twice: control's next one takes its place in the
    # queue before the shield looks; tests/faults shows that it would be rejected
    for harm in ('duplicate', 'reorder=2'):
        yield disorder(stage, harm)
    for name, shift in (('5 s old', -5.0), ('1 s ahead', 1.0)):
        seconds = shifted(stage, shift)
        yield bounds.figure(f'F9 target {name}: braking', seconds, AT_ONCE)


def disorder(stage: FaultRig, harm: str) -> Figure:
    """Every target twice, or in pairs the wrong way round: a queue of one hides what is old."""
    stage.await_moving()
    began = stage.harm(f'target {harm}', seconds=1.0)
    stage.pause(1.0)
    commands = [h.record for h in stage.witness.since('command', began)]
    share = hardest(commands, stage.robot.limits.acceleration)
    return Figure(f'F9 every target {harm}: acceleration / limit', share, '', '<= 1.05')


def shifted(stage: FaultRig, shift: float, word: str = '') -> float:
    """s from when control made the first target that reached the shield with its stamp shifted, to
    the first cycle after that which brakes, and says `word`; both by their stamps."""
    witness, wrong = stage.witness, []
    for _ in range(VOID):
        stage.await_moving()
        began = stage.harm(f'target shift={shift:g}', seconds=LONG)
        stage.braking(began)
        stage.pause(HEARD)
        stamps = [h.record.stamp for h in witness.since('spoilt target', began - 0.1)]
        wrong = [b for a, b in pairwise(stamps) if (b - a) * np.sign(shift) > 0.5 * abs(shift)]
        if wrong:
            break  # else no target came while they are shifted
    made = wrong[0] - shift if wrong else NAN
    cycles = [h.record for h in witness.since('report', began)]
    stopped = [c for c in cycles if c.decision in STOPPING and word in c.reason]
    return next((float(c.stamp - made) for c in stopped if c.stamp > made), NAN)


def f15(stage: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Joints in another order, and one joint too few."""
    stage.await_moving()
    witness, began = stage.witness, stage.harm('target reverse', seconds=LONG)
    stage.pause(LONG)
    targets = [h.record for h in witness.since('spoilt target', began)]
    targets = [t for t in targets if t.names[0] == stage.robot.joint_names[-1]]
    cycles = witness.since('report', began)
    stopped = [h for h in cycles if 'target' in h.record.rules and h.record.decision in STOPPING]
    name = 'F15 targets in another joint order'
    yield Figure(f'{name}: cycles they stopped', float(len(stopped)), '', '== 0', n=len(cycles))
    off = strayed(stage, targets)
    yield Figure(f'{name}: arm off them', off, 'rad', '<= 0.02', n=len(targets))
    joints = len(stage.robot.joint_names)
    seconds = rejected(stage, 'target lack', lambda target: len(target.names) < joints)
    yield bounds.figure('F15 target lacks a joint: REJECTED, braking', seconds, AT_ONCE)


def strayed(stage: FaultRig, targets: list[Target]) -> float:
    """rad, the farthest that a commanded joint was from where the nearest of the targets has it;
    commands from the second target on, so that each has one before and one after it."""
    if len(targets) < LEAST:
        return NAN
    joints = stage.robot.joint_names
    asked = np.array([t.position[[t.names.index(name) for name in joints]] for t in targets])
    commands = [h.record for h in stage.witness.since('command', 0.0)]
    within = [c for c in commands if targets[1].stamp < c.stamp < targets[-1].stamp]
    off = [np.abs(asked - c.position[0]).max(axis=1).min() for c in within]
    return float(max(off, default=NAN))


def f11(stage: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Each required voter falls silent; one says the same 5000 times a second."""
    for voter in voters():
        stage.await_moving()
        began = stage.harm(f'votes drop voter:{voter}', seconds=1.0)
        seconds = stage.braked(began, 'votes:silence')
        heard = stage.witness.since('spoilt votes', began - 1.0)
        last = [h for h in heard if h.record.voter == voter and h.at <= began + seconds]
        seconds = after(seconds, began, last[-1:])
        yield bounds.figure(f'F11 vote of {voter} silent: HOLD', seconds, TTL + AT_ONCE)
    stage.await_moving()
    began = stage.harm(f'votes rate={FLOOD:g} voter:policy', seconds=FLIPS)
    stage.pause(FLIPS)
    reports = [h.record for h in stage.witness.since('report', began)]
    came = len(stage.witness.since('spoilt votes', began)) / FLIPS
    loop = float(np.percentile([r.loop_ms for r in reports] or [NAN], 99))
    name = f'F11 votes flooded, {came:.0f} a second heard: work of the shield, p99'
    yield Figure(name, loop, 'ms', LOOP_P99, n=len(reports))


def voters() -> tuple[str, ...]:
    """Without whose vote nothing moves, as the stack is configured."""
    nodes = load_yaml(stack_root() / 'config/stack.yaml')
    given = nodes['shield']['ros__parameters'].get('shield', {})
    return tuple(given.get('required_voters', ShieldParams().required_voters))
