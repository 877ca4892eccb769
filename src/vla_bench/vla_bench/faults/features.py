"""F21: the policy's features spoilt on their way to the failure detector, and a detector that was
calibrated for other weights."""

from __future__ import annotations

import json
import shutil
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState

from vla_bench.faults.bounds import ReactionBounds
from vla_bench.faults.corrupted_messages import HEARD, after
from vla_bench.faults.graph import helper
from vla_bench.faults.observer import ReceivedMessage
from vla_bench.faults.rig import AT_ONCE, NAN, STOPPING, VOID, FaultRig
from vla_bringup.graph.client import GraphClient
from vla_bringup.graph.defaults import POLICY
from vla_bringup.graph.domain import choose_domain
from vla_bringup.graph.launch_file import find_executable
from vla_core.errors import UserError
from vla_core.records.safety import FailureScore, Verdict
from vla_core.result import Figure
from vla_monitor.failure import calibration
from vla_monitor.failure.node import FailureNode
from vla_policy.checkpoint import read_card
from vla_policy.registry import find_checkpoint

LONG = 1.2  # s, for which features are spoilt: five inferences
INFERENCES = 2  # the second that cannot be judged holds
TICK = 1e3 * FailureNode.period  # ms, for which features may wait until the detector looks
STARTUP = 30.0  # s, for a node to come up
OTHER = '0123456789ab'  # hash of weights that nobody has
SPOILS = (
    ('NaN', 'nan feature', 'finite'),
    ('lack a column', 'narrow feature', 'numbers'),
    ('with a column more', 'widen feature', 'numbers'),
    ('of other weights', 'relabel schema', 'calibrated for'),
)  # what is wrong with them, how it is done, a word of the reason that must be given


def checkpoint_of(policy: str) -> str:
    """The policy that is asked for; the shipped one in place of the scripted, without features."""
    return POLICY if policy == 'scripted' else policy


def unfit(args: Namespace) -> str:
    """Why this robot cannot be given a policy with features, '' when it can."""
    try:
        card = read_card(find_checkpoint(checkpoint_of(args.policy)))
    except UserError as error:
        return str(error)
    return '' if card.robot == args.robot else f'the checkpoint is for {card.robot}'


def f21(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Features that cannot be judged."""
    for what, fault, word in SPOILS:
        yield from untold(rig, bounds, f'F21 features {what}', fault, word)


def untold(
    rig: FaultRig, bounds: ReactionBounds, name: str, fault: str, word: str
) -> Iterator[Figure]:
    """Inferences until the detector says UNKNOWN, and until the shield holds because of it."""
    observer, began = rig.observer, 0.0
    spoilt: list[ReceivedMessage] = []
    for _ in range(VOID):
        rig.await_moving()
        began = rig.inject(f'features {fault}', seconds=LONG)
        held = observer.wait(partial(held_for, rig, word, began), LONG)
        rig.pause(HEARD)
        spoilt = bad_features(rig, began)
        if held or len(spoilt) > INFERENCES:
            break  # else the task ended before there was enough to spoil
    said = observer.since('score', began)
    unknown = next((h for h in said if is_untold(h.record, word)), None)
    until = counted(spoilt, unknown)
    yield Figure(f'{name}: inferences until UNKNOWN', until, '', f'<= {INFERENCES}')
    until = counted(spoilt, held)
    yield Figure(f'{name}: inferences until HOLD', until, '', f'<= {INFERENCES}')
    seconds = rig.command_of(held).at - began if held else NAN
    seconds = after(seconds, began, spoilt[INFERENCES - 1 :])
    yield bounds.figure(f'{name}: HOLD, from the second', seconds, TICK + AT_ONCE)


def is_untold(score: FailureScore, word: str) -> bool:
    return score.verdict == Verdict.UNKNOWN and word in score.reason


def held_for(rig: FaultRig, word: str, since: float) -> ReceivedMessage | None:
    """The first cycle that the failure detector holds for this reason."""
    for received in rig.observer.since('report', since):
        said = received.record
        is_its = 'vote:failure' in said.rules and word in said.reason
        if is_its and said.decision in STOPPING:
            return received
    return None


def bad_features(rig: FaultRig, since: float) -> list[ReceivedMessage]:
    """What left the proxy: what is no record to the observer, too, is an inference."""
    observer = rig.observer
    both = observer.since('spoilt features', since) + observer.since('bad spoilt features', since)
    return sorted(both, key=lambda received: received.at)


def counted(spoilt: list[ReceivedMessage], answer: ReceivedMessage | None) -> float:
    """How many of them had come when the answer did; NaN without one."""
    return float(sum(h.at <= answer.at for h in spoilt)) if answer and spoilt else NAN


# -- a calibration of other weights ------------------------------------------------------------


def f21_binding(args: Namespace) -> Iterator[Figure]:
    """A failure node alone, for the checkpoint as it is and for a copy of it whose calibration
    names other weights; without a graph, which leaves no time to start it in."""
    folder = args.out.resolve()
    shipped = find_checkpoint(checkpoint_of(args.policy))
    for name, checkpoint, bound in (
        ('these', shipped, '== 1'),
        ('other', rebound(shipped, folder), '== 0'),
    ):
        is_up, said = configured(checkpoint, folder / f'F21-{name}.log')
        yield Figure(f'F21 calibrated for {name} weights: configures', is_up, '', bound)
    is_named = f'calibrated for {OTHER}' in said
    yield Figure('F21 and says for which', float(is_named), '', '== 1')


def rebound(shipped: Path, folder: Path) -> Path:
    """A copy of the checkpoint whose calibration is bound to other weights."""
    copy = folder / 'other-weights'
    shutil.copytree(shipped, copy, dirs_exist_ok=True)
    path = copy / calibration.FOLDER / calibration.CARD
    card = json.loads(path.read_text())
    card['binding']['checkpoint'] = OTHER
    path.write_text(json.dumps(card))
    return copy


def configured(checkpoint: Path, log: Path) -> tuple[float, str]:
    """1 when a failure node configures for a checkpoint, else 0; and what it says."""
    choose_domain()
    command = [str(find_executable('vla_monitor', 'failure')), '--ros-args']
    command += ['-p', f'policy:={checkpoint}']
    request = ChangeState.Request()
    request.transition.id = Transition.TRANSITION_CONFIGURE
    with helper(command, log), closing(GraphClient(lambda: None)) as client:
        client.reach(ChangeState, 'failure/change_state', STARTUP)
        response = client.call(ChangeState, 'failure/change_state', request, STARTUP)
    return float(response.success), log.read_text()
