"""Control of `./vla bench messages`: what the stack did before must not show the rows."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from vla_bench import controls
from vla_bench.messages.bench import ALL, OF_ROWS, chosen, played, shown
from vla_bench.messages.intake import Callback, Intake
from vla_bringup.graph.domain import nodes_on
from vla_bringup.graph.sessions import current_domain
from vla_core.errors import UserError
from vla_core.records.sensing import JointState
from vla_core.result import Figure, share
from vla_core.robot.joint_states.merger import JointGroup, JointGroupClassifier
from vla_ros.convert.fields import BadMessage
from vla_ros.endpoints import Endpoints
from vla_ros.node import ManagedNode
from vla_ros.topics import Topic
from vla_shield.node import ShieldNode
from vla_supervisor.lifecycle import BringUp

MUST_FAIL = '>= 1'


class NoBoundary(Intake):
    """Only BadMessage is caught, and a part of the arm raises KeyError in control."""

    def receiver(self, topic: Topic, callback: Callback, refuse: Callback) -> Callback:
        read = topic.from_bytes or topic.from_msg

        def receive(message: Any) -> None:
            try:
                record = message if read is None else read(message)
            except BadMessage as bad:
                self.endpoints.refusals.put(topic.name, str(bad))
                refuse(str(bad))
                return
            callback(record)

        return receive

    def put_joints(self, joints: JointState) -> None:
        super().put_joints(joints)
        if set(joints.names) & set(self.robot.joint_names):
            joints.select(self.robot.joint_names)


class EveryJointChecked(Intake):
    """NaN, a missing position and a missing stamp count, whatever the joint."""

    def put_joints(self, joints: JointState) -> None:
        is_finite = np.isfinite(joints.position).all() and np.isfinite(joints.stamp)
        if is_finite and len(joints.position) == len(joints.names):
            super().put_joints(joints)
        else:
            self.shield.inputs.refuse_joints('position is not finite')


class FirstCopyUsed(Intake):
    """Of a joint that is named twice the first copy is used; values are not compared to limits."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        for arm in self.shield.inputs.arms:
            check = arm._joint_check
            check.groups = _First(arm.robot)
            check.lower, check.upper = check.lower - np.inf, check.upper + np.inf


class _First(JointGroupClassifier):
    def classify(self, names: tuple[str, ...]) -> JointGroup:
        return super().classify(tuple(dict.fromkeys(names)))


class PublishersNotCompared(Intake):
    """Two drivers of the same joints are one."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.publishers.conflict = lambda now: ''  # type: ignore[method-assign]


class EveryListenerCounts(Intake):
    """A publisher must reach every subscription."""

    class endpoints_class(Endpoints):  # noqa: N801
        def _readers(self, publisher: Any, *, is_first: bool) -> list[Any]:
            return list(self._node.get_subscriptions_info_by_topic(publisher.topic_name))


class ShortNames(Intake):
    """Nodes are compared without their namespace."""

    @staticmethod
    def check_domain(names: set[str]) -> None:
        there = {name.rpartition('/')[2] for name in nodes_on(current_domain())}
        if there & {name.rpartition('/')[2] for name in names}:
            raise UserError('control already running')


class ClockNotWatched(Intake):
    """A jump of the ROS clock is not noticed."""

    def under_clock(self, kind: type[ManagedNode]) -> ManagedNode:
        made = super().under_clock(kind)
        made.on_clock_jump = lambda step: None  # type: ignore[method-assign]
        return made

    def set_clock(self, bring_up: BringUp, step: float) -> None:
        return None


class StateNotTracked(Intake):
    """A refused transition waits for the retry, and the shield arms in any state."""

    def on_refused_transition(self, bring_up: BringUp, now: float) -> None:
        forget = bring_up._failures.pop
        bring_up._forget_failure = lambda node: forget(node, None)  # type: ignore[assignment]

    def arm(self, shield: ShieldNode) -> str:
        return shield.shield.arm(shield.now)


CONTROLS: dict[str, tuple[type[Intake], str]] = {
    'no boundary, part of the arm raises': (NoBoundary, 'joint_states'),
    'NaN of any joint counts': (EveryJointChecked, 'joint_states'),
    'first copy of a doubled joint used': (FirstCopyUsed, 'joint_states'),
    'publishers not compared': (PublishersNotCompared, 'joint_states'),
    'every listener counts': (EveryListenerCounts, 'listener'),
    'nodes compared without namespace': (ShortNames, 'on the domain'),
    'clock not watched': (ClockNotWatched, 'back'),
    'lifecycle state not tracked': (StateNotTracked, 'lifecycle'),
}  # what the stack did before, and rows that must notice


def run(args: argparse.Namespace) -> int:
    """For each control the claim, and how many of its rows are not shown."""
    found: list[Figure] = []
    claims = {text: list(played(chosen(text))) for text in {text for _, text in CONTROLS.values()}}
    for name, (intake, text) in CONTROLS.items():
        outcomes = list(played(chosen(text), intake))
        missed = len(outcomes) - shown(outcomes)
        found.append(share(f'claim: {text}', shown(claims[text]), len(outcomes), ALL, OF_ROWS))
        found.append(Figure(f'{name}: rows not shown', missed, '', MUST_FAIL, len(outcomes)))
    return controls.finish('messages', args.out, found)
