"""The supervisor as a node: brings the others up, runs one task at a time, watches that all are well."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState

from vla_core.action import ControlState
from vla_core.params import check, param
from vla_core.safety import Heartbeat, ShieldReport
from vla_core.scene import GroundedScene
from vla_core.task import ResultCode
from vla_interfaces.action import ExecuteTask
from vla_interfaces.srv import Arm, Disarm
from vla_ros import topics
from vla_ros.main import run
from vla_ros.node import ManagedNode
from vla_ros.one_goal import OneGoal, Outcome
from vla_supervisor.executive import Executive, ExecutiveParams, Request
from vla_supervisor.heartbeats import HeartbeatParams, Heartbeats
from vla_supervisor.lifecycle import Ask, BringUp, BringUpParams, Step

TRANSITIONS = {
    Step.CONFIGURE: Transition.TRANSITION_CONFIGURE,
    Step.ACTIVATE: Transition.TRANSITION_ACTIVATE,
}
VOTE_EVERY = 5  # ticks
FEEDBACK_EVERY = 10  # ticks


@dataclass(frozen=True)
class SupervisorNodeParams:
    """Who is brought up, who is watched, and the terms of a task."""

    robot: str = param('ur5e', 'not used; every node knows the robot')
    bring_up: BringUpParams = field(default_factory=BringUpParams)
    heartbeats: HeartbeatParams = field(default_factory=HeartbeatParams)
    executive: ExecutiveParams = field(default_factory=ExecutiveParams)

    def __post_init__(self) -> None:
        check(self)


class SupervisorNode(ManagedNode):
    """Hosts the Executive, the heartbeat watch and the bring-up; activates itself."""

    name = 'supervisor'
    period = 0.02

    def __init__(self) -> None:
        super().__init__()
        self.trigger_configure()
        self.trigger_activate()

    def configure(self) -> None:
        p = self.parameters(SupervisorNodeParams)
        self.executive = Executive(p.executive)
        self.executive.on_health('the nodes are not up yet')
        self.beats = Heartbeats(p.heartbeats)
        self.bring_up = BringUp(p.bring_up)
        self.ticks = 0
        self.is_lost = False  # the shield
        self.said = ''  # of the bring-up, last
        self.scene: GroundedScene | None = None
        self.report: ShieldReport | None = None
        self.listen(topics.HEARTBEATS, self.on_heartbeat)
        self.listen(topics.SCENE, self.on_scene)
        self.listen(topics.REPORT, self.on_report)
        self.listen(topics.CONTROL_STATE, self.on_control_state)
        self.send_status = self.talk(topics.STATUS)
        self.send_vote = self.talk(topics.VOTES)
        self.changers = {n: self.create_client(ChangeState, f'{n}/change_state') for n in p.bring_up.order}
        self.armer = self.create_client(Arm, 'shield/arm')
        self.disarmer = self.create_client(Disarm, 'shield/disarm')
        self.goal = OneGoal(self, ExecuteTask, 'execute_task', self.begin)

    # -- inputs --------------------------------------------------------------------------------

    def on_heartbeat(self, beat: Heartbeat) -> None:
        self.beats.put(beat, time.monotonic())
        self.bring_up.hear(beat.node, beat.state)

    def on_scene(self, scene: GroundedScene) -> None:
        self.executive.on_scene(scene, self.now)
        self.scene = scene

    def on_report(self, report: ShieldReport) -> None:
        self.executive.on_report(report, self.now)
        self.report = report

    def on_control_state(self, state: ControlState) -> None:
        self.executive.on_control_state(state, self.now)

    # -- work ----------------------------------------------------------------------------------

    def tick(self) -> None:
        now, steady = self.now, time.monotonic()
        self.watch(now, steady)
        for ask in self.bring_up.due(steady):
            self.change(ask)
        if self.goal.is_cancelled:
            self.executive.cancel(now)
        for request in self.executive.tick(now):
            self.fulfil(request)
        self.ticks += 1
        if self.ticks % VOTE_EVERY == 0:
            self.send_vote(self.executive.vote(now))
        if self.goal.is_running:
            self.report_goal()

    def watch(self, now: float, steady: float) -> None:
        """Take over who is well; a lost shield ends everything at once."""
        progress = self.bring_up.progress()
        if progress != self.said:
            log = self.get_logger().error if self.bring_up.failure else self.get_logger().info
            log(progress or 'all nodes are up')
            self.said = progress
        self.executive.on_health(progress or self.beats.reason(steady))
        is_lost = self.beats.is_shield_lost(steady) and not progress
        if is_lost and not self.is_lost:
            reason = f'the shield has been silent for {self.beats.age("shield", steady):.3f} s'
            self.get_logger().error(reason)
            self.executive.abort(reason, now)
        self.is_lost = is_lost

    def change(self, ask: Ask) -> None:
        """Ask a node for a transition; the answer comes when it comes."""
        request = ChangeState.Request()
        request.transition.id = TRANSITIONS[ask.step]
        future = self.changers[ask.node].call_async(request)
        future.add_done_callback(lambda f: self.bring_up.answered(ask.node, f.result().success))

    def fulfil(self, request: Request) -> None:
        if request == Request.PUBLISH:
            status = self.executive.status
            self.send_status(status)
            self.get_logger().info(f'{status.task_id} {status.phase.name} {status.text}')
        elif request == Request.ARM:
            self.armer.call_async(Arm.Request())
        else:
            self.disarmer.call_async(Disarm.Request())

    # -- the action ----------------------------------------------------------------------------

    def begin(self, goal: Any) -> Any:
        """Start the task of a goal; return the result of one that cannot start."""
        started = self.executive.start(goal.instruction, goal.seed, self.now)
        if not started.refusal:
            return None
        return ExecuteTask.Result(code=ResultCode.NOT_READY, text=started.refusal)

    def report_goal(self) -> None:
        """Send feedback, or the result once there is one."""
        status = self.executive.status
        if not self.executive.is_busy:
            outcome = {ResultCode.SUCCEEDED: Outcome.SUCCEED, ResultCode.CANCELLED: Outcome.CANCEL}
            result = ExecuteTask.Result(code=status.code, text=status.text, task_id=status.task_id)
            self.goal.finish(outcome.get(status.code, Outcome.ABORT), result)
        elif self.ticks % FEEDBACK_EVERY == 0:
            self.goal.feedback(self.feedback())

    def feedback(self) -> Any:
        nan, status = float('nan'), self.executive.status
        message = ExecuteTask.Feedback(phase=status.phase, attempt=status.attempt)
        message.failure_score = message.failure_threshold = nan
        if self.scene is not None:
            message.target_status, message.grounding = self.scene.target_status, self.scene.reason
        if self.report is not None:
            message.shield_decision, message.shield_reason = self.report.decision, self.report.reason
        return message


def main() -> int:
    return run(SupervisorNode)
