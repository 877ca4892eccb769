"""Supervisor node: lifecycle bring-up, task executive, monitoring of nodes and switches."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import Any

from vla_core.params import check, param
from vla_core.records.safety import FailureScore, Heartbeat, Level, ShieldReport
from vla_core.records.scene import GroundedScene
from vla_interfaces.srv import Arm, Disarm
from vla_ros import topics
from vla_ros.main import request_exit, run
from vla_ros.node import ManagedNode
from vla_supervisor.execution.commands import HostAction
from vla_supervisor.execution.executive import Executive
from vla_supervisor.lifecycle import BringUp, BringUpParams
from vla_supervisor.lifecycle_clients import LifecycleClients
from vla_supervisor.monitors.computer_monitor import ComputerParams
from vla_supervisor.monitors.dead_man_switch import DeadManParams
from vla_supervisor.monitors.estop import EStopParams
from vla_supervisor.monitors.heartbeats import HeartbeatParams
from vla_supervisor.monitors.system_monitor import SystemMonitor
from vla_supervisor.params import ExecutiveParams
from vla_supervisor.switch_subscriptions import SwitchSubscriptions
from vla_supervisor.task_action_server import TaskActionServer

VOTE_EVERY = 5  # ticks
HOW_TO_ANSWER = './vla answer continue | stop | "another instruction"'
CANNOT_START = 1  # exit code: the launch ends with it
ISOLATED = os.EX_TEMPFAIL  # exit code: launch starts this node again


@dataclass(frozen=True)
class SupervisorNodeParams:
    """Parameters of the parts."""

    robot: str = param('ur5e', 'name in config/robots, or a file')
    bring_up: BringUpParams = field(default_factory=BringUpParams)
    heartbeats: HeartbeatParams = field(default_factory=HeartbeatParams)
    dead_man: DeadManParams = field(default_factory=DeadManParams)
    e_stop: EStopParams = field(default_factory=EStopParams)
    computer: ComputerParams = field(default_factory=ComputerParams)
    executive: ExecutiveParams = field(default_factory=ExecutiveParams)

    def __post_init__(self) -> None:
        check(self)


class SupervisorNode(ManagedNode):
    """Hosts the executive, the system monitor and the bring-up; activates itself."""

    name = 'supervisor'
    period = 0.02
    realtime_priority = 20

    def __init__(self) -> None:
        super().__init__()
        self.trigger_configure()
        self.trigger_activate() if self.is_configured else request_exit(1)  # why is in the log

    def configure(self) -> None:
        p = self.parameters(SupervisorNodeParams)
        self.load_robot(p.robot)
        self.executive = Executive(p.executive)
        self.executive.on_health('the nodes are starting')
        self.monitor = SystemMonitor(p.heartbeats, p.dead_man, p.e_stop, p.computer)
        self.bring_up = BringUp(p.bring_up)
        self.ticks = 0
        self.progress = self.emergency = ''  # of the last cycle: bring-up; why the task is aborted
        self.voted: Level | None = None  # last
        self.switches = SwitchSubscriptions(self, self.monitor, topics.DEAD_MAN, topics.E_STOP)
        self.subscribe(topics.HEARTBEATS, self.on_heartbeat)
        self.subscribe(topics.SCENE, self.on_scene)
        self.subscribe(topics.REPORT, self.on_report)
        on_control, on_verdict = self.executive.on_control_state, self.executive.on_verdict
        self.subscribe(topics.CONTROL_STATE, lambda state: on_control(state, self.now))
        self.subscribe(topics.FAILURE, self.on_failure)
        self.subscribe(topics.VERDICT, lambda verdict: on_verdict(verdict, self.now))
        self.publish_status = self.advertise(topics.STATUS)
        self.publish_vote = self.advertise(topics.VOTES)
        self.lifecycle = LifecycleClients(self, self.bring_up, lambda: self.now)
        self.arm_client = self.create_client(Arm, 'shield/arm')
        self.disarm_client = self.create_client(Disarm, 'shield/disarm')
        self.goal = TaskActionServer(self, self.executive)

    def on_heartbeat(self, beat: Heartbeat) -> None:
        self.monitor.heartbeats.on_heartbeat(beat, time.monotonic())
        self.bring_up.on_heartbeat(beat.node, beat.state, beat.stamp, beat.seq)

    def on_scene(self, scene: GroundedScene) -> None:
        self.executive.on_scene(scene, self.now)
        self.goal.scene = scene

    def on_report(self, report: ShieldReport) -> None:
        self.executive.on_report(report, self.now)
        self.goal.report = report

    def on_failure(self, score: FailureScore) -> None:
        self.executive.on_failure(score, self.now)
        self.goal.score = score

    def on_clock_jump(self, step: float) -> None:
        self.bring_up.on_clock_jump(step)
        self.executive.on_clock_jump(step)

    def tick(self) -> None:
        now = self.now
        self.check_system(now, self.began)  # the time of this cycle's work is not silence
        self.lifecycle.request_due()
        self.goal.take_requests(now)
        for action in self.executive.tick(now):
            self.carry_out(action)
        self.ticks += 1
        vote = self.executive.vote(now)
        if self.ticks % VOTE_EVERY == 0 or vote.level != self.voted:  # a change at once
            self.publish_vote(vote)
            self.voted = vote.level
        self.goal.publish()

    def check_system(self, now: float, steady: float) -> None:
        """Update the health; abort the task without a shield or under an emergency stop."""
        beats, progress = self.monitor.heartbeats, self.bring_up.progress()
        beats.begin_cycle(steady)
        self.switches.check_driver()
        self.check_bring_up(progress, steady)
        self.executive.on_health(progress or self.monitor.health(steady))
        self.executive.on_inhibit(self.monitor.inhibit(steady))
        remark = beats.remark(steady)
        if remark and not self.remark:
            self.get_logger().warning(remark)
        self.remark = remark
        emergency = self.monitor.e_stop.take_emergency()
        self.executive.on_emergency(emergency)
        if beats.is_shield_lost(steady) and not progress:
            age = beats.age('shield', steady)
            emergency = emergency or f'no heartbeat from the shield for {age:.3f} s'
        if emergency and not self.emergency:
            self.get_logger().error(emergency)
            self.executive.abort(emergency, now)
        self.emergency = emergency

    def check_bring_up(self, progress: str, steady: float) -> None:
        """Log the progress; end this process when the stack cannot start, or sends nothing."""
        if progress != self.progress:
            log = self.log_error if self.bring_up.failure else self.get_logger().info
            log(progress or 'all nodes are active')
            self.progress = progress
            if self.bring_up.is_hopeless:
                request_exit(CANNOT_START)
        if self.bring_up.is_waiting:
            self.monitor.heartbeats.excuse_silence(steady)
        isolation = self.monitor.heartbeats.isolation(steady)
        if isolation:
            self.get_logger().fatal(f'{isolation}: this process ends, to be started again')
            request_exit(ISOLATED)

    def carry_out(self, action: HostAction) -> None:
        status = self.executive.status
        if action == HostAction.PUBLISH:
            self.publish_status(status)
            self.get_logger().info(f'{status.task_id} {status.phase.name} {status.text}')
        elif action == HostAction.RING:
            self.get_logger().warning(f'\a{status.text} ({HOW_TO_ANSWER})')
        elif action == HostAction.ARM:
            self.arm_client.call_async(Arm.Request()).add_done_callback(self.on_arm_response)
        else:
            self.disarm_client.call_async(Disarm.Request())

    def on_arm_response(self, future: Any) -> None:
        response = future.result()
        self.executive.on_arm_response('' if response.success else response.message)


def main() -> None:
    run(SupervisorNode)
