"""The shield node: the only publisher of robot commands, every 10 ms."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vla_core.params import check, param
from vla_core.records.action import Target
from vla_core.records.safety import ArmState, SafetyVote
from vla_core.records.scene import GroundedScene
from vla_core.records.sensing import JointState
from vla_interfaces.srv import Arm, Disarm, Lease, Reset
from vla_ros import topics
from vla_ros.gripper.outputs import GripperOutputs
from vla_ros.main import run
from vla_ros.node import ManagedNode
from vla_ros.robot_controllers import parameter_readers, subscribe_goals, subscribe_scalings
from vla_shield.command.rivals import CommandRivals
from vla_shield.controller_check import ControllerCheck
from vla_shield.inputs.joint_publishers import JointPublishers
from vla_shield.lease_server import LeaseServer
from vla_shield.monitoring.idle_timer import IdleTimer
from vla_shield.shield import Shield, ShieldOutput, ShieldParams

MAX_CYCLE_TIME = 0.01  # s, the command of a longer cycle is not sent
PUBLISHER_CHECK_EVERY = 10  # cycles between two checks for other command publishers
DISCOVERY_TIME = 2.0  # s, DDS discovery: other command publishers are not known before


@dataclass(frozen=True)
class ShieldNodeParams:
    """Robot and shield parameters."""

    robot: str = param('ur5e', 'name in config/robots, or a file')
    shield: ShieldParams = field(default_factory=ShieldParams)

    def __post_init__(self) -> None:
        check(self)


class ShieldNode(ManagedNode):
    """Hosts the Shield. Its publishers publish in every lifecycle state."""

    name = 'shield'
    period = 0.01
    realtime_priority = 40
    heartbeat_period = 0.01

    def configure(self) -> None:
        p = self.parameters(ShieldNodeParams)
        robot = self.load_robot(p.robot)
        self.shield = Shield(p.shield, robot)
        self.joints_topic = self.resolve_topic_name(robot.joint_states_topic)
        self.joint_publishers = JointPublishers(
            robot, self.joints_topic, self.endpoints.publishers_of
        )
        self.configured_at = time.monotonic()  # s
        self.last_began = self.configured_at  # s, begin of the last cycle
        self.subscribe(
            topics.joint_states(robot), self.on_joints, self.shield.inputs.refuse_joints
        )
        self.subscribe(topics.TARGET, self.on_target, self.shield.inputs.refuse_target)
        self.subscribe(topics.VOTES, self.on_vote)
        self.subscribe(topics.SCENE, self.on_scene, by_executor=True)
        arms = topics.arm_commands(robot)
        subscribe_scalings(self, topics.speed_scalings(robot), self.on_scaling)
        self.controllers = ControllerCheck(robot, parameter_readers(self, robot))
        self.send_arms = [self.advertise(topic) for topic in arms]
        self.grippers = GripperOutputs(self, robot.grippers, topics.gripper_commands(robot))
        self.send_report = self.advertise(topics.REPORT)
        self.send_leases = self.advertise(topics.LEASES)
        self.leases = LeaseServer(self.shield.leases)
        self.subscribe(topics.DEAD_MAN, self.on_dead_man)
        commands = [self.resolve_topic_name(topic.name) for topic in arms]
        own, publishers_of = self.get_fully_qualified_name(), self.endpoints.publishers_of
        self.rivals = CommandRivals(own, commands + self.grippers.topics, publishers_of)
        subscribe_goals(self, topics.goals(robot), self.rivals.put_goals)
        self.ticks = 0
        self.idle = IdleTimer(p.shield.idle_disarm)
        self.serve(Arm, 'shield/arm', self.arm)
        self.serve(Disarm, 'shield/disarm', lambda: self.shield.disarm(self.now))
        self.serve(Reset, 'shield/reset', lambda: self.shield.reset(self.now))
        self.create_service(Lease, 'shield/lease', self.lease)

    def serve(self, kind: type, name: str, act: Callable[[], str | None]) -> None:
        """Create a service; `act` returns why the request is refused, if it is."""

        def answer(_: Any, response: Any) -> Any:
            response.message = act() or ''
            response.success = not response.message
            if response.success and kind is Arm:
                response.message = self.controllers.warning
            self.get_logger().info(f'{name}: {response.message or "done"}')
            return response

        self.create_service(kind, name, answer)

    def arm(self) -> str:
        if self.state != 'active':
            return f'the shield is {self.state}'
        if time.monotonic() - self.configured_at < DISCOVERY_TIME:
            why = f'configured less than {DISCOVERY_TIME:.0f} s ago, discovery is not complete'
            return self.rivals.text() or why
        refusal = self.rivals.text()
        if (
            self.shield.state == ArmState.DISARMED
        ):  # else nothing new begins, and the controllers are not read
            refusal = refusal or self.controllers.refusal(time.monotonic())
            refusal = refusal or self.grippers.absence()
        return refusal or self.shield.arm(self.now)

    def lease(self, request: Any, response: Any) -> Any:
        self.get_logger().info(self.leases.answer(request, response, self.now))
        return response

    def on_dead_man(self, message: Any) -> None:
        self.shield.on_dead_man(message.data, self.now)

    def on_scaling(self, arm: int, value: float) -> None:
        self.shield.inputs.arms[arm].scaling.put(value, self.now)

    def on_joints(self, joints: JointState) -> None:
        self.joint_publishers.put(joints.names, self.endpoints.number, self.began)
        refusal = self.shield.on_joints(joints, self.now)
        if refusal:
            self.endpoints.refusals.put(self.joints_topic, refusal)

    def on_target(self, target: Target) -> None:
        self.shield.on_target(target, self.now)

    def on_vote(self, vote: SafetyVote) -> None:
        self.shield.on_vote(vote, self.now)

    def on_scene(self, scene: GroundedScene) -> None:
        self.shield.on_scene(scene, self.now)

    def tick(self) -> None:
        began, output = time.monotonic(), self.shield.tick(self.now)
        if not time.monotonic() - began <= MAX_CYCLE_TIME:
            # Preempted: the controller executed the stop ramp in the meantime.
            self.shield.roll_back()
            self.read_clock()
            output = self.shield.tick(self.now)
        self.send(output)
        work = time.monotonic() - self.began
        self.shield.record_cycle(work * 1e3, (self.began - self.last_began) * 1e3)
        self.last_began = self.began
        self.ticks += 1
        if self.idle.disarms(self.shield, self.began):
            self.get_logger().info(self.idle.reason)
        if self.shield.state == ArmState.DISARMED:
            self.controllers.tick(self.began)
        leases = self.leases.due(output.report.stamp)
        if leases is not None:
            self.send_leases(leases)
            self.remark = leases.refused or self.controllers.warning
        if self.ticks % PUBLISHER_CHECK_EVERY == 0:
            # in the heartbeat; the supervisor holds
            self.problem = self.rivals.text() or self.grippers.problem
            self.shield.inputs.joints_conflict = self.joint_publishers.conflict(self.began)

    def safe_stop(self) -> None:
        """Send the braking ramp as the last command."""
        self.shield.disarm(self.now)
        self.send(self.shield.tick(self.now))

    def send(self, output: ShieldOutput) -> None:
        for send, command in zip(self.send_arms, output.arms, strict=False):  # none: disarmed
            send(command)
        self.grippers.send(output.grippers, output.goals, self.began)
        self.send_report(output.report)


def main() -> None:
    run(ShieldNode)
