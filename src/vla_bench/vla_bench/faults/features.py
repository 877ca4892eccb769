"""F21: the policy's features are corrupted on the way to the failure detector, and a detector that
is calibrated for other weights."""

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
from vla_bench.faults.corrupted_messages import SETTLE, after
from vla_bench.faults.graph import helper
from vla_bench.faults.observer import ReceivedMessage
from vla_bench.faults.rig import AT_ONCE, NAN, STOPPING, VOID, FaultRig
from vla_bringup.graph.client import GraphClient
from vla_bringup.graph.defaults import POLICY
from vla_bringup.graph.domain import choose_domain
from vla_bringup.graph.installed import find_executable
from vla_core.errors import UserError
from vla_core.records.safety import FailureScore, Verdict
from vla_core.result import Figure
from vla_monitor.failure import calibration
from vla_monitor.failure.node import FailureNode
from vla_policy.checkpoint import read_card
from vla_policy.registry import find_checkpoint

LONG = 1.2  # s for which features are corrupted: five inferences
INFERENCES = 2  # the second one that cannot be scored holds
TICK = 1e3 * FailureNode.period  # ms for which features may wait for the detector's next cycle
STARTUP = 30.0  # s for a node to start
OTHER = '0123456789ab'  # hash of weights that do not exist
CORRUPTIONS = (
    ('NaN', 'nan feature', 'finite'),
    ('lack a column', 'narrow feature', 'values'),
    ('with a column more', 'widen feature', 'values'),
    ('of other weights', 'relabel schema', 'calibrated for'),
)  # the corruption, its order to the proxy, a text that the reason must contain


def checkpoint_of(policy: str) -> str:
    """The requested policy; the shipped one for the scripted one, which has no features."""
    return POLICY if policy == 'scripted' else policy


def unfit(args: Namespace) -> str:
    """Why this robot has no policy with features; '' when it has one."""
    try:
        card = read_card(find_checkpoint(checkpoint_of(args.policy)))
    except UserError as error:
        return str(error)
    return '' if card.robot == args.robot else f'the checkpoint is for {card.robot}'


def f21(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """Features that cannot be scored."""
    for what, fault, text in CORRUPTIONS:
        yield from unscored(rig, bounds, f'F21 features {what}', fault, text)


def unscored(
    rig: FaultRig, bounds: ReactionBounds, name: str, fault: str, text: str
) -> Iterator[Figure]:
    """Inferences until the detector says UNKNOWN, and until the shield holds because of it."""
    observer, began = rig.observer, 0.0
    corrupted: list[ReceivedMessage] = []
    for _ in range(VOID):
        rig.await_moving()
        began = rig.inject(f'features {fault}', seconds=LONG)
        held = observer.wait(partial(held_for, rig, text, began), LONG)
        rig.pause(SETTLE)
        corrupted = bad_features(rig, began)
        if held or len(corrupted) > INFERENCES:
            break  # else the task ended before enough features were corrupted
    scores = observer.since('score', began)
    unknown = next((h for h in scores if is_unscored(h.record, text)), None)
    until = counted(corrupted, unknown)
    yield Figure(f'{name}: inferences until UNKNOWN', until, '', f'<= {INFERENCES}')
    until = counted(corrupted, held)
    yield Figure(f'{name}: inferences until HOLD', until, '', f'<= {INFERENCES}')
    seconds = rig.command_of(held).at - began if held else NAN
    seconds = after(seconds, began, corrupted[INFERENCES - 1 :])
    yield bounds.figure(f'{name}: HOLD, from the second', seconds, TICK + AT_ONCE)


def is_unscored(score: FailureScore, text: str) -> bool:
    return score.verdict == Verdict.UNKNOWN and text in score.reason


def held_for(rig: FaultRig, text: str, since: float) -> ReceivedMessage | None:
    """The report of the first cycle that the failure detector holds for this reason."""
    for received in rig.observer.since('report', since):
        report = received.record
        is_its = 'vote:failure' in report.rules and text in report.reason
        if is_its and report.decision in STOPPING:
            return received
    return None


def bad_features(rig: FaultRig, since: float) -> list[ReceivedMessage]:
    """The proxy's output; a message that the observer cannot convert is an inference, too."""
    observer = rig.observer
    both = observer.since('corrupted features', since) + observer.since(
        'bad corrupted features', since
    )
    return sorted(both, key=lambda received: received.at)


def counted(corrupted: list[ReceivedMessage], answer: ReceivedMessage | None) -> float:
    """Number of them received before the reaction; NaN without one."""
    return float(sum(h.at <= answer.at for h in corrupted)) if answer and corrupted else NAN


# -- a calibration for other weights -----------------------------------------------------------


def f21_binding(args: Namespace) -> Iterator[Figure]:
    """A failure node for the checkpoint, and for a copy whose calibration names other weights.

    Without a graph, in which there is no time to start it.
    """
    folder = args.out.resolve()
    shipped = find_checkpoint(checkpoint_of(args.policy))
    for name, checkpoint, bound in (
        ('these', shipped, '== 1'),
        ('other', rebound(shipped, folder), '== 0'),
    ):
        is_up, log = configured(checkpoint, folder / f'F21-{name}.log')
        yield Figure(f'F21 calibrated for {name} weights: configures', is_up, '', bound)
    is_named = f'calibrated for {OTHER}' in log
    yield Figure('F21 and names the other weights', float(is_named), '', '== 1')


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
    """1 when a failure node configures for a checkpoint, else 0; and its log."""
    choose_domain()
    command = [str(find_executable('vla_monitor', 'failure')), '--ros-args']
    command += ['-p', f'policy:={checkpoint}']
    request = ChangeState.Request()
    request.transition.id = Transition.TRANSITION_CONFIGURE
    with helper(command, log), closing(GraphClient(lambda: None)) as client:
        client.reach(ChangeState, 'failure/change_state', STARTUP)
        response = client.call(ChangeState, 'failure/change_state', request, STARTUP)
    return float(response.success), log.read_text()
