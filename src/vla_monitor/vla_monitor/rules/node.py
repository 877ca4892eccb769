"""Rules node: loads and proves the rules at configure, then votes on every chunk."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import Any

from vla_core.params import check, param
from vla_core.records.action import ActionChunk
from vla_monitor.rules.extractor import MARKDOWN, find_extractor
from vla_monitor.rules.logic.prove import prove
from vla_monitor.rules.monitor import RuleMonitor, RuleMonitorParams
from vla_monitor.rules.ruleset import load_rules
from vla_ros import topics
from vla_ros.main import run
from vla_ros.node import ManagedNode


@dataclass(frozen=True)
class RulesNodeParams:
    """Rule files and robot."""

    robot: str = param('ur5e', 'name in config/robots, or a file')
    folder: str = param('', 'folder of the rule files; default config/rules')
    extractor: str = param(
        MARKDOWN, 'converter from text to rules: markdown, or package.module:Class'
    )
    watch: RuleMonitorParams = field(default_factory=RuleMonitorParams)

    def __post_init__(self) -> None:
        check(self)


class RulesNode(ManagedNode):
    """Hosts a RuleMonitor. Votes in the tick after a chunk arrives, otherwise every 0.1 s."""

    name = 'rules'
    period = 0.1
    vote_period = 0.1  # s

    def configure(self) -> None:
        p = self.parameters(RulesNodeParams)
        robot = self.load_robot(p.robot)
        rules = load_rules(p.folder, find_extractor(p.extractor))
        prove(rules.rules)
        self.watch = RuleMonitor(p.watch, robot, rules)
        self.is_new = False  # a chunk arrived since the last vote
        self.voted = 0.0  # s, ROS time of the last vote
        self.last_reasons = ''  # logged last
        for name, topic in (
            ('joint_states', topics.joint_states(robot)),
            ('scene', topics.SCENE),
            ('status', topics.STATUS),
        ):
            self.subscribe(topic, partial(self.observe, name))
        self.subscribe(topics.CHUNK, self.on_chunk)
        self.send_vote = self.advertise(topics.VOTES)
        self.get_logger().info(f'{len(rules.rules)} rules, proven consistent')

    def observe(self, name: str, record: Any) -> None:
        self.watch.observe(name, record, self.now)

    def on_chunk(self, chunk: ActionChunk) -> None:
        self.observe('chunk', chunk)
        self.is_new = True

    def on_clock_jump(self, step: float) -> None:
        self.voted = -inf
        self.watch.clear()

    def tick(self) -> None:
        now = self.now
        if not self.is_new and 0.0 <= now - self.voted < self.vote_period - 0.5 * self.period:
            return
        vote = self.watch.vote(now)
        self.send_vote(vote)
        self.voted, self.is_new = now, False
        reasons = '; '.join(reason.split(':', 2)[0] for reason in vote.reasons)
        if reasons != self.last_reasons and vote.reasons:
            self.get_logger().warning(f'{vote.level.name}: {"; ".join(vote.reasons)}')
        self.last_reasons = reasons


def main() -> None:
    run(RulesNode)
