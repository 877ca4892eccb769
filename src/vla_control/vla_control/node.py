"""The control node: chunks and the task's phase in, one target every 10 ms out."""

from __future__ import annotations

from dataclasses import dataclass, field

from vla_control.controller import Controller
from vla_control.cycle_sync import next_period
from vla_control.lease_keeper import LeaseKeeper
from vla_control.params import ControlParams
from vla_core.params import check, param
from vla_core.records.action import ActionChunk
from vla_core.records.lease import LeaseKind, Leases
from vla_core.records.safety import ShieldReport
from vla_core.records.task import TaskStatus
from vla_interfaces.srv import Lease
from vla_ros import topics
from vla_ros.main import run
from vla_ros.node import ManagedNode

STATE_EVERY = 2  # ticks between two control states


@dataclass(frozen=True)
class ControlNodeParams:
    """The robot, and the parameters of its motion."""

    robot: str = param('ur5e', 'name in config/robots, or a file')
    control: ControlParams = field(default_factory=ControlParams)

    def __post_init__(self) -> None:
        check(self)


class ControlNode(ManagedNode):
    """Hosts the Controller."""

    name = 'control'
    period = 0.01
    realtime_priority = 30

    def configure(self) -> None:
        p = self.parameters(ControlNodeParams)
        robot = self.load_robot(p.robot)
        self.controller = Controller(p.control, robot)
        self.ticks = 0
        self.shield_stamp = 0.0  # s, ROS time of the shield's last cycle
        self.published_reason = ''  # for the last refusal, as published
        self.subscribe(topics.joint_states(robot), self.controller.on_joints)
        self.subscribe(topics.CHUNK, self.on_chunk, self.controller.refuse)
        self.subscribe(topics.STATUS, self.on_status)
        self.subscribe(topics.REPORT, self.on_report)
        self.subscribe(topics.SCENE, self.controller.on_scene)
        arms = tuple(arm.name for arm in robot.arms)
        self.lease = LeaseKeeper(self.get_fully_qualified_name(), arms)
        self.controller.holder = self.lease.holder
        self.lease_client = self.create_client(Lease, 'shield/lease')
        self.subscribe(topics.LEASES, self.on_leases)
        self.send_target = self.advertise(topics.TARGET)
        self.send_state = self.advertise(topics.CONTROL_STATE)

    def on_chunk(self, chunk: ActionChunk) -> None:
        refusal = self.controller.on_chunk(chunk, self.now)
        if refusal:
            text = f'chunk {chunk.seq} refused: {refusal}'  # expected when a task has just ended
            self.get_logger().warning(text, throttle_duration_sec=1.0)

    def on_status(self, status: TaskStatus) -> None:
        self.controller.on_status(status, self.now)

    def on_report(self, report: ShieldReport) -> None:
        self.controller.on_report(report, self.now)
        self.shield_stamp = report.stamp

    def on_leases(self, leases: Leases) -> None:
        self.lease.on_leases(leases, self.now)

    def request_lease(self) -> None:
        """Ask the shield for the arms; its answer is in the next state of the leases."""
        kind = int(LeaseKind.AUTONOMY)
        self.lease_client.call_async(Lease.Request(holder=self.lease.holder, kind=kind))

    def on_clock_jump(self, step: float) -> None:
        self.controller.restart()
        self.controller.speed_scaling.on_clock_jump()

    def tick(self) -> None:
        now = self.now
        self.remark = self.lease.fault(now)
        self.controller.has_lease = not self.remark
        if self.lease.must_request(now):
            self.request_lease()
        target = self.controller.tick(now)
        self.set_period(next_period(now, self.shield_stamp, self.period))
        if target is None:
            self.problem = self.controller.merger.explain('no joint states')
            return
        self.problem = ''
        if self.controller.has_lease:
            self.send_target(target)
        self.ticks += 1
        reason = self.controller.reason
        # a refusal is published at once
        if self.ticks % STATE_EVERY == 0 or reason != self.published_reason:
            self.send_state(self.controller.state(now))
            self.published_reason = reason


def main() -> None:
    run(ControlNode)
