"""Failure node: scores every inference of the policy, and votes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import Any

from vla_core.params import check, param
from vla_core.records.safety import Level
from vla_monitor.failure.attempt import DetectorParams
from vla_monitor.failure.detector_loading import detector_of
from vla_ros import topics
from vla_ros.main import run
from vla_ros.node import ManagedNode


@dataclass(frozen=True)
class FailureNodeParams:
    """Robot, policy, inference period, and detector parameters."""

    robot: str = param('ur5e', 'name in config/robots, or a file')
    policy: str = param('scripted', 'as in the policy node; selects the calibration')
    period: float = param(0.2, 's, between inferences, as in the policy node', lo=0.02, hi=2.0)
    detector: DetectorParams = field(default_factory=DetectorParams)

    def __post_init__(self) -> None:
        check(self)


class FailureNode(ManagedNode):
    """Hosts a FailureDetector; configure fails when the calibration is of another policy."""

    name = 'failure'
    period = 0.05
    vote_period = 0.1  # s

    def configure(self) -> None:
        p = self.parameters(FailureNodeParams)
        self.load_robot(p.robot)
        self.detector = detector_of(p.detector, p.policy, p.period)
        self.remark = self.detector.about
        self.voted, self.level = 0.0, Level.RUN
        for name, topic in (
            ('status', topics.STATUS),
            ('scene', topics.SCENE),
            ('control_state', topics.CONTROL_STATE),
            ('candidates', topics.CANDIDATES),
            ('chunk', topics.CHUNK),
            ('report', topics.REPORT),
        ):
            self.subscribe(topic, partial(self.observe, name))
        refuse = partial(self.observe, 'unreadable')
        self.subscribe(topics.FEATURES, partial(self.observe, 'features'), refuse)
        self.send_score = self.advertise(topics.FAILURE)
        self.send_vote = self.advertise(topics.VOTES)
        log = self.get_logger().info if self.detector.calibration else self.get_logger().warning
        log(f'policy {p.policy}: {self.detector.about}')

    def observe(self, name: str, record: Any) -> None:
        self.detector.observe(name, record, self.now)

    def on_clock_jump(self, step: float) -> None:
        self.voted = -inf
        self.detector.on_clock_jump(self.now)

    def tick(self) -> None:
        now = self.now
        scores = self.detector.outputs(now)
        for _, score in scores:
            self.send_score(score)
        if not scores and 0.0 <= now - self.voted < self.vote_period - 0.5 * self.period:
            return
        vote = self.detector.vote(now)
        self.send_vote(vote)
        if vote.level > self.level:
            self.get_logger().warning(f'{vote.level.name}: {"; ".join(vote.reasons)}')
        self.voted, self.level = now, vote.level


def main() -> None:
    run(FailureNode)
