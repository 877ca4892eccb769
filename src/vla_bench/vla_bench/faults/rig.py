"""Brings the arm of a running graph to move, so that something can be broken meanwhile."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
from rosgraph_msgs.msg import Clock

from vla_bench.faults.observer import GraphObserver, ReceivedMessage
from vla_bringup.graph.session import GraphSession
from vla_core.errors import UserError
from vla_core.records.safety import Decision
from vla_core.records.task import Phase
from vla_core.result import Figure
from vla_core.robot.config import RobotConfig
from vla_interfaces.action import ExecuteTask
from vla_interfaces.srv import InjectFault
from vla_ros import topics
from vla_ros.topics import Topic

TASK = 'put_in'
PASSING = (Decision.PASS, Decision.CLIPPED, Decision.SLOWED)
STOPPING = (Decision.HOLD, Decision.BRAKE, Decision.REJECTED, Decision.DISARMED)
ON_THE_WAY = (
    Phase.GROUNDING, Phase.HOMING, Phase.RETREAT, Phase.RUNNING, Phase.ROLLBACK, Phase.ASKING,
)  # fmt: skip
MOVES = 0.05  # rad/s, of any joint
STILL = 0.02  # rad/s
CALM = 0.15  # s that the shield must have let everything through before a fault
REST = 0.1  # s without motion that count as standing
NAN = float('nan')
STAMP = 1e-6  # s: two stamps nearer than this are the same
CYCLE = 10.0  # ms, of control and shield
TTL = 300.0  # ms, of a vote at most
AT_ONCE = 20.0 + CYCLE  # ms, the bound of the shield plus the cycle a message waits
GONE = 0.2  # s after which no word of a lost node is under way any more
TRIES = 2  # scenes set up until the arm moves
VOID = 4  # times that a fault is injected until there is something for it to spoil
PATIENCE = 30.0  # s from the instruction to motion
SPOILT = {
    f'spoilt {topic.name}': topic.at(f'{topic.name}/spoilt')
    for topic in (topics.TARGET, topics.VOTES, topics.CHUNK, topics.FEATURES)
}  # what leaves the proxy
SCORE = {'score': topics.FAILURE}
CLOCK = {'clock': Topic('/clock', Clock, topics.qos.SENSOR, ('clock',), ())}


@dataclass(frozen=True)
class ReactionBounds:
    """Bounds in ms, all of them times `factor` on a machine that is busy."""

    factor: float = 1.0

    def figure(self, name: str, seconds: float, bound: float, after: float = 0.0) -> Figure:
        """A reaction time in ms; `after` ms are the arm's own, which no factor stretches."""
        limit = after + bound * self.factor
        return Figure(name, 1e3 * seconds, 'ms', f'<= {limit:.0f}')


class FaultRig:
    """One graph, one witness, one task at a time."""

    def __init__(self, graph: GraphSession, robot: RobotConfig, seed: int) -> None:
        self.graph, self.robot, self.seed = graph, robot, seed
        self._helpers = {name for name in ('proxy', 'clock') if graph.has(name)}
        more = {**SPOILT, **SCORE} if 'proxy' in self._helpers else {}
        more |= CLOCK if graph.has('clock') else {}
        self.witness = GraphObserver(robot, more)
        self._goal: Any = None
        self._lost: dict[str, float] = {}  # s, ROS time since which a node counts as gone
        self._before = ''  # id of the task before this one

    def __enter__(self) -> FaultRig:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.witness.close()

    # -- before a fault ------------------------------------------------------------------------

    def begin(self) -> None:
        """Every node active, a new scene, a task begun."""
        self.end()
        self.await_nodes()
        words = self.graph.reset_scene(TASK, self.seed)
        goal = ExecuteTask.Goal(instruction=words, seed=self.seed)
        self._before = status.task_id if (status := self.graph.client.status) else ''
        self._goal = self.graph.client.begin(goal)

    def await_moving(self) -> None:
        """Wait until the policy moves the arm; a task that does not get there is begun anew."""
        client = self.graph.client
        for _ in range(TRIES):
            if self._goal is None:
                self.begin()
            client.wait(lambda: self.is_moving() or self.is_over(), PATIENCE)
            if self.is_moving():
                return
            self.end()
        status = client.status
        raise UserError(f'the arm does not move: {status.text if status else "no task"}')

    def is_moving(self) -> bool:
        """True when the policy moves the arm and the shield has let it for a while."""
        status, joints = self.witness.last('status'), self.witness.last('joints')
        reports = self.witness.since('report', time.monotonic() - CALM)
        if status is None or joints is None or status.record.phase != Phase.RUNNING:
            return False
        if not reports or any(heard.record.decision not in PASSING for heard in reports):
            return False
        return bool(self.speed(joints) > MOVES)

    def is_over(self) -> bool:
        """True when the supervisor has ended the task, or does not take it."""
        if self._goal is None or not self._goal.accepted:
            return True
        status = self.graph.client.status
        if status is None or status.task_id == self._before:
            return False  # the word about this task has not come yet
        return status.phase not in ON_THE_WAY

    def speed(self, joints: ReceivedMessage) -> float:
        """rad/s, of the fastest arm joint."""
        return float(np.abs(joints.record.select(self.robot.joint_names)[1]).max())

    # -- a fault -------------------------------------------------------------------------------

    def harm(
        self, order: str, value: float = 0.0, seconds: float = 0.0, by: str = 'proxy'
    ) -> float:
        """Have the proxy, or the clock, do something; return when it was asked (steady clock)."""
        self.graph.client.reach(InjectFault, f'{by}/inject')
        began = time.monotonic()
        request = InjectFault.Request(name=order, value=value, seconds=seconds)
        response = self.graph.client.call(InjectFault, f'{by}/inject', request)
        if not response.success:
            raise UserError(f'{by} cannot do {order!r}: {response.message}')
        return began

    def pause(self, seconds: float) -> None:
        """Let the graph run on; what came meanwhile has been looked at then."""
        self.graph.pause(seconds)
        self.witness.wait(lambda: False, 0.0)

    # -- after a fault -------------------------------------------------------------------------

    def kill(self, node: str) -> float:
        """End a node the hard way; return when, s, steady clock."""
        at = time.monotonic()
        os.kill(self.graph.pid(node), signal.SIGKILL)
        self.lose(node)
        return at

    def lose(self, node: str) -> None:
        """Believe nothing that the node said up to now."""
        self._lost[node] = self.witness.ros_now + GONE

    def braked(self, since: float, rule: str = '', within: float = 1.0) -> float:
        """s from `since` until a braking command of the shield came; NaN when none did."""
        heard = self.braking(since, rule, within)
        if heard is None:
            return NAN
        return self.command_of(heard).at - since

    def braking(self, since: float, rule: str = '', within: float = 1.0) -> ReceivedMessage | None:
        """The report of the first braking cycle; with `rule` only a cycle counts that names it."""

        def answer() -> ReceivedMessage | None:
            for heard in self.witness.since('report', since):
                said = heard.record
                if said.decision in STOPPING and (not rule or rule in said.rules):
                    return heard
            return None

        found: ReceivedMessage | None = self.witness.wait(answer, within)
        return found

    def command_of(self, heard: ReceivedMessage) -> ReceivedMessage:
        """The command of the cycle that a report tells of; the report, when none was heard."""
        commands = self.witness.since('command', heard.at - 1.0)
        same = (c for c in commands if abs(c.record.stamp - heard.record.stamp) < STAMP)
        return next(same, heard)

    def standstill(self, since: float, within: float) -> float:
        """s from `since` until the arm, as measured, stands; NaN if it does not."""

        def is_still() -> bool:
            stands, joints = self._stands(since), self.witness.last('joints')
            return stands is not None and joints is not None and joints.at - stands >= REST

        self.witness.wait(is_still, within)
        stands = self._stands(since)
        return NAN if stands is None else stands - since

    def _stands(self, since: float) -> float | None:
        """When the arm came to rest, s, steady clock."""
        stands = None
        for heard in self.witness.since('joints', since):
            if self.speed(heard) >= STILL:
                stands = None
            elif stands is None:
                stands = heard.at
        return stands

    def end(self) -> None:
        """Cancel the task and mend the simulator."""
        if self._goal is None:
            return
        client = self.graph.client
        if not self.is_over():
            self._goal.cancel_goal_async()
            client.wait(self.is_over, 20.0)
        self._goal = None
        self.graph.inject_fault('none')
        for helper in self._helpers:
            self.harm('none', by=helper)

    def await_nodes(self) -> None:
        """Wait until every node is active again."""
        client, plan = self.graph.client, self.graph.plan
        if not client.wait(lambda: not self._down(), plan.startup):
            raise UserError(f'{", ".join(self._down())} did not come back; see {plan.log}')
        self._lost.clear()

    def _down(self) -> list[str]:
        beats, lost = self.graph.client.beats, self._lost

        def is_up(name: str) -> bool:
            beat = beats.get(name)
            return beat is not None and beat.state == 'active' and beat.stamp > lost.get(name, 0.0)

        return [name for name in self.graph.managed if not is_up(name)]
