"""A running graph under test: brings the arm into motion, injects faults, measures reactions."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from types import MappingProxyType, TracebackType
from typing import Any

import numpy as np
from rosgraph_msgs.msg import Clock

from vla_bench.faults.observer import GraphObserver, ReceivedMessage
from vla_bringup.graph.session import GraphSession
from vla_core.errors import UserError
from vla_core.records.safety import Decision
from vla_core.records.task import Phase
from vla_core.robot.config import RobotConfig
from vla_interfaces.action import ExecuteTask
from vla_interfaces.srv import InjectFault
from vla_ros import topics
from vla_ros.topics import Topic

TASK = 'put_in'
PASSING = (Decision.PASS, Decision.CLIPPED, Decision.SLOWED)
STOPPING = (Decision.HOLD, Decision.BRAKE, Decision.REJECTED, Decision.DISARMED)
UNFINISHED = (
    Phase.GROUNDING, Phase.HOMING, Phase.RETREAT, Phase.RUNNING, Phase.ROLLBACK, Phase.ASKING,
)  # fmt: skip
MOVES = 0.05  # rad/s of any joint: the arm moves
STILL = 0.02  # rad/s of every joint: the arm stands
CALM = 0.15  # s before a fault in which the shield must have stopped nothing
REST = 0.1  # s without motion that count as standstill
NAN = float('nan')
STAMP = 1e-6  # s, below which two stamps are the same
CYCLE = 10.0  # ms, of control and shield
TTL = 300.0  # ms, longest lifetime of a vote
AT_ONCE = 20.0 + CYCLE  # ms, the shield's bound plus the cycle for which a message waits
GONE = 0.2  # s after which no message of a lost node is still in transit
TRIES = 2  # scenes set up before giving up on motion
VOID = 4  # injections before giving up on a message that the fault can corrupt
PATIENCE = 30.0  # s, longest time from the instruction to motion
CORRUPTED = {
    f'corrupted {topic.name}': topic.at(f'{topic.name}/spoilt')
    for topic in (topics.TARGET, topics.VOTES, topics.CHUNK, topics.FEATURES)
}  # output of the proxy
SCORE = {'score': topics.FAILURE}
CLOCK = {'clock': Topic('/clock', Clock, topics.qos.SENSOR, ('clock',), ())}


class FaultRig:
    """One graph, one observer, one task at a time."""

    def __init__(
        self, graph: GraphSession, robot: RobotConfig, seed: int,
        observed: Mapping[str, Topic] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        self.graph, self.robot, self.seed = graph, robot, seed
        self._helpers = {name for name in ('proxy', 'clock') if graph.has(name)}
        more = dict(observed)
        more |= {**CORRUPTED, **SCORE} if 'proxy' in self._helpers else {}
        more |= CLOCK if graph.has('clock') else {}
        self.observer = GraphObserver(robot, more)
        self._goal: Any = None
        self._lost: dict[str, float] = {}  # s, ROS time since which a node counts as gone
        self._before = ''  # id of the previous task

    def __enter__(self) -> FaultRig:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.observer.close()

    # -- before a fault ------------------------------------------------------------------------

    def begin(self) -> None:
        """Wait until every node is active, reset the scene, start a task."""
        self.end()
        self.await_nodes()
        instruction = self.graph.reset_scene(TASK, self.seed)
        goal = ExecuteTask.Goal(instruction=instruction, seed=self.seed)
        self._before = status.task_id if (status := self.graph.client.status) else ''
        self._goal = self.graph.client.begin(goal)

    def await_moving(self) -> None:
        """Wait until the policy moves the arm; a task in which it does not is started anew."""
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
        """True when the policy moves the arm and the shield has not stopped it for CALM s."""
        status, joints = self.observer.last('status'), self.observer.last('joints')
        reports = self.observer.since('report', time.monotonic() - CALM)
        if status is None or joints is None or status.record.phase != Phase.RUNNING:
            return False
        if not reports or any(received.record.decision not in PASSING for received in reports):
            return False
        return bool(self.speed(joints) > MOVES)

    def is_over(self) -> bool:
        """True when the supervisor has ended or rejected the task."""
        if self._goal is None or not self._goal.accepted:
            return True
        status = self.graph.client.status
        if status is None or status.task_id == self._before:
            return False  # the status of this task has not arrived yet
        return status.phase not in UNFINISHED

    def speed(self, joints: ReceivedMessage) -> float:
        """Speed in rad/s of the fastest arm joint."""
        return float(np.abs(joints.record.select(self.robot.joint_names)[1]).max())

    # -- a fault -------------------------------------------------------------------------------

    def inject(
        self, order: str, value: float = 0.0, seconds: float = 0.0, by: str = 'proxy'
    ) -> float:
        """Order a fault from the proxy or the clock; return the steady time of the order in s."""
        self.graph.client.reach(InjectFault, f'{by}/inject')
        began = time.monotonic()
        request = InjectFault.Request(name=order, value=value, seconds=seconds)
        response = self.graph.client.call(InjectFault, f'{by}/inject', request)
        if not response.success:
            raise UserError(f'{by} cannot do {order!r}: {response.message}')
        return began

    def pause(self, seconds: float) -> None:
        """Let the graph run on; afterwards everything that arrived is recorded."""
        self.graph.pause(seconds)
        self.observer.wait(lambda: False, 0.0)

    # -- after a fault -------------------------------------------------------------------------

    def kill(self, node: str) -> float:
        """Kill a node (SIGKILL); return the steady time in s."""
        at = time.monotonic()
        os.kill(self.graph.pid(node), signal.SIGKILL)
        self.lose(node)
        return at

    def lose(self, node: str) -> None:
        """Disregard every heartbeat of the node up to now."""
        self._lost[node] = self.observer.ros_now + GONE

    def braked(self, since: float, rule: str = '', within: float = 1.0) -> float:
        """Time in s from `since` to the first braking command of the shield; NaN without one."""
        received = self.braking(since, rule, within)
        if received is None:
            return NAN
        return self.command_of(received).at - since

    def braking(self, since: float, rule: str = '', within: float = 1.0) -> ReceivedMessage | None:
        """The report of the first braking cycle, with `rule` of the first that names it."""

        def answer() -> ReceivedMessage | None:
            for received in self.observer.since('report', since):
                report = received.record
                if report.decision in STOPPING and (not rule or rule in report.rules):
                    return received
            return None

        found: ReceivedMessage | None = self.observer.wait(answer, within)
        return found

    def command_of(self, received: ReceivedMessage) -> ReceivedMessage:
        """The command of the reported cycle; the report itself when none was received."""
        commands = self.observer.since('command', received.at - 1.0)
        same = (c for c in commands if abs(c.record.stamp - received.record.stamp) < STAMP)
        return next(same, received)

    def standstill(self, since: float, within: float) -> float:
        """Time in s from `since` to standstill of the measured arm; NaN if it moves on."""

        def is_still() -> bool:
            stands, joints = self._stands(since), self.observer.last('joints')
            return stands is not None and joints is not None and joints.at - stands >= REST

        self.observer.wait(is_still, within)
        stands = self._stands(since)
        return NAN if stands is None else stands - since

    def _stands(self, since: float) -> float | None:
        """Steady time in s at which the arm came to rest."""
        stands = None
        for received in self.observer.since('joints', since):
            if self.speed(received) >= STILL:
                stands = None
            elif stands is None:
                stands = received.at
        return stands

    def end(self) -> None:
        """Cancel the task and clear every injected fault."""
        if self._goal is None:
            return
        client = self.graph.client
        if not self.is_over():
            self._goal.cancel_goal_async()
            client.wait(self.is_over, 20.0)
        self._goal = None
        self.graph.inject_fault('none')
        for helper in self._helpers:
            self.inject('none', by=helper)

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
