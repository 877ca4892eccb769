"""The supervisor as a node: brings the others up, runs a task, watches that all are well."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState

from vla_core.params import check, param
from vla_core.records.action import ControlState
from vla_core.records.alignment import AlignmentVerdict
from vla_core.records.safety import FailureScore, Heartbeat, Level, ShieldReport
from vla_core.records.scene import GroundedScene
from vla_interfaces.srv import Arm, Disarm
from vla_ros import topics
from vla_ros.main import request_exit, run
from vla_ros.node import ManagedNode
from vla_supervisor.computer_monitor import ComputerParams
from vla_supervisor.dead_man_switch import DeadManParams
from vla_supervisor.estop import PRESSED, EStopParams
from vla_supervisor.executive import Executive, ExecutiveParams, Request
from vla_supervisor.heartbeats import HeartbeatParams
from vla_supervisor.lifecycle import BringUp, BringUpParams, NodeTransition, TransitionRequest
from vla_supervisor.system_monitor import SystemMonitor
from vla_supervisor.task_action_node import TaskActionServer

TRANSITIONS = {
    NodeTransition.CONFIGURE: Transition.TRANSITION_CONFIGURE,
    NodeTransition.ACTIVATE: Transition.TRANSITION_ACTIVATE,
}
VOTE_EVERY = 5  # ticks
HOW_TO_ANSWER = './vla answer continue | stop | "what to do instead"'


@dataclass(frozen=True)
class SupervisorNodeParams:
    """Who is brought up, who is watched, and the terms of a task."""

    robot: str = param('ur5e', 'not used; every node knows the robot')
    bring_up: BringUpParams = field(default_factory=BringUpParams)
    heartbeats: HeartbeatParams = field(default_factory=HeartbeatParams)
    dead_man: DeadManParams = field(default_factory=DeadManParams)
    e_stop: EStopParams = field(default_factory=EStopParams)
    host: ComputerParams = field(default_factory=ComputerParams)
    executive: ExecutiveParams = field(default_factory=ExecutiveParams)

    def __post_init__(self) -> None:
        check(self)


class SupervisorNode(ManagedNode):
    """Hosts the Executive, the heartbeat watch and the bring-up; activates itself."""

    name = 'supervisor'
    period = 0.02
    realtime_priority = 20

    def __init__(self) -> None:
        super().__init__()
        self.trigger_configure()
        self.trigger_activate()

    def configure(self) -> None:
        p = self.parameters(SupervisorNodeParams)
        self.executive = Executive(p.executive)
        self.executive.on_health('the nodes are not up yet')
        self.watch = SystemMonitor(p.heartbeats, p.dead_man, p.e_stop, p.host)
        self.bring_up = BringUp(p.bring_up)
        self.gone = ''  # what everything rests on and is not there, last
        self.ticks, self.said = 0, ''  # said: of the bring-up, last
        self.voted: Level | None = None  # last
        self.subscribe(topics.HEARTBEATS, self.on_heartbeat)
        self.subscribe(topics.SCENE, self.on_scene)
        self.subscribe(topics.REPORT, self.on_report)
        self.subscribe(topics.CONTROL_STATE, self.on_control_state)
        self.subscribe(topics.FAILURE, self.on_failure)
        self.subscribe(topics.VERDICT, self.on_verdict)
        self.subscribe(
            topics.DEAD_MAN, lambda m: self.watch.dead_man.put(m.data, time.monotonic())
        )
        self.subscribe(topics.E_STOP, lambda m: self.watch.e_stop.put(m.data, time.monotonic()))
        self.send_status = self.advertise(topics.STATUS)
        self.send_vote = self.advertise(topics.VOTES)
        self.changers = {
            n: self.create_client(ChangeState, f'{n}/change_state') for n in p.bring_up.order
        }
        self.armer = self.create_client(Arm, 'shield/arm')
        self.disarmer = self.create_client(Disarm, 'shield/disarm')
        self.goal = TaskActionServer(self, self.executive)

    def on_heartbeat(self, beat: Heartbeat) -> None:
        self.watch.beats.put(beat, time.monotonic())
        self.bring_up.on_heartbeat(beat.node, beat.state, beat.stamp, beat.seq)

    def on_scene(self, scene: GroundedScene) -> None:
        self.executive.on_scene(scene, self.now)
        self.goal.scene = scene

    def on_report(self, report: ShieldReport) -> None:
        self.executive.on_report(report, self.now)
        self.goal.report = report

    def on_control_state(self, state: ControlState) -> None:
        self.executive.on_control_state(state, self.now)

    def on_failure(self, score: FailureScore) -> None:
        self.executive.on_failure(score, self.now)
        self.goal.score = score

    def on_verdict(self, verdict: AlignmentVerdict) -> None:
        self.executive.on_verdict(verdict, self.now)

    def tick(self) -> None:
        now = self.now
        self.look(now, self.began)  # what came during a slow cycle is not silence
        for request in self.bring_up.due_requests(now):
            self.change_state(request)
        self.goal.follow(now)
        for action in self.executive.tick(now):
            self.fulfil(action)
        self.ticks += 1
        vote = self.executive.vote(now)
        if self.ticks % VOTE_EVERY == 0 or vote.level != self.voted:  # a change is said at once
            self.send_vote(vote)
            self.voted = vote.level
        self.goal.answer()

    def look(self, now: float, steady: float) -> None:
        """Take over who is well; a lost shield or an emergency stop ends everything at once."""
        progress, beats = self.bring_up.progress(), self.watch.beats
        beats.look(steady)
        if progress != self.said:
            log = self.log_error if self.bring_up.failure else self.get_logger().info
            log(progress or 'all nodes are up')
            self.said = progress
            if self.bring_up.is_hopeless:
                request_exit(1)  # and with it the launch
        self.executive.on_health(progress or self.watch.health(steady))
        self.executive.withheld = self.watch.withheld(steady)
        remark = beats.remark(steady)
        if remark and not self.remark:
            self.get_logger().warning(remark)
        self.remark = remark
        gone = self.executive.stopped = PRESSED if self.watch.e_stop.is_pressed else ''
        if beats.is_shield_lost(steady) and not progress:
            gone = gone or f'the shield has been silent for {beats.age("shield", steady):.3f} s'
        if gone and not self.gone:
            self.get_logger().error(gone)
            self.executive.abort(gone, now)
        self.gone = gone

    def change_state(self, wanted: TransitionRequest) -> None:
        """Request a lifecycle transition; the response arrives later."""
        request = ChangeState.Request()
        request.transition.id = TRANSITIONS[wanted.transition]
        future = self.changers[wanted.node].call_async(request)
        future.add_done_callback(
            lambda f: self.bring_up.on_response(wanted.node, f.result().success, self.now)
        )

    def fulfil(self, request: Request) -> None:
        if request == Request.PUBLISH:
            status = self.executive.status
            self.send_status(status)
            self.get_logger().info(f'{status.task_id} {status.phase.name} {status.text}')
        elif request == Request.RING:
            text = f'\a{self.executive.status.text} ({HOW_TO_ANSWER})'
            self.get_logger().warning(text)
        elif request == Request.ARM:
            self.armer.call_async(Arm.Request()).add_done_callback(self.on_armed)
        else:
            self.disarmer.call_async(Disarm.Request())

    def on_armed(self, future: Any) -> None:
        self.executive.arm_refusal = future.result().message


def main() -> None:
    run(SupervisorNode)
