"""The shield as a node: the only publisher of the robot's commands, every 10 ms."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vla_core.params import check, param
from vla_core.records.action import Target, Trajectory
from vla_core.records.safety import SafetyVote
from vla_core.records.scene import GroundedScene
from vla_core.records.sensing import JointState
from vla_core.robot.config import load_robot
from vla_interfaces.srv import Arm, Disarm, Reset
from vla_ros import topics
from vla_ros.main import run
from vla_ros.node import ManagedNode
from vla_shield.shield import Shield, ShieldOutput, ShieldParams

LATE = 0.01  # s after it was asked for, a command is not sent any more
RIVALS_EVERY = 10  # ticks between two looks at who else commands the robot
GRIPPER_EVERY = 10  # cycles between two commands to a gripper that is to stay as it is
DISCOVERY_TIME = (
    2.0  # s until DDS has found everyone: who else commands the robot is not known before
)


@dataclass(frozen=True)
class ShieldNodeParams:
    """Which robot, and what is allowed."""

    robot: str = param('ur5e', 'name in config/robots, or a file')
    shield: ShieldParams = field(default_factory=ShieldParams)

    def __post_init__(self) -> None:
        check(self)


class ShieldNode(ManagedNode):
    """Hosts the Shield. Its publishers are plain: they send in every state of the lifecycle."""

    name = 'shield'
    period = 0.01
    realtime_priority = 40
    heartbeat_period = 0.01

    def configure(self) -> None:
        p = self.parameters(ShieldNodeParams)
        robot = load_robot(p.robot)
        self.shield = Shield(p.shield, robot)
        self.before = self.born = time.monotonic()  # s, when the cycle before this one began
        self.subscribe(
            topics.joint_states(robot), self.on_joints, self.shield.intake.refuse_joints
        )
        self.subscribe(topics.TARGET, self.on_target, self.shield.intake.refuse_target)
        self.subscribe(topics.VOTES, self.on_vote)
        self.subscribe(topics.SCENE, self.on_scene, by_executor=True)
        self.send_arm = self.advertise(topics.arm_command(robot))
        self.send_gripper = self.advertise(topics.gripper_command(robot))
        self.send_report = self.advertise(topics.REPORT)
        edges = (topics.arm_command(robot), topics.gripper_command(robot))
        self.commands = [self.resolve_topic_name(topic.name) for topic in edges]
        self.ticks = 0
        self.told: float | None = None  # m, finger in the last command
        self.untold = 0  # cycles since
        self.serve(Arm, 'shield/arm', self.arm)
        self.serve(Disarm, 'shield/disarm', self.disarm)
        self.serve(Reset, 'shield/reset', lambda: self.shield.reset(self.now))

    def serve(self, kind: type, name: str, act: Callable[[], str]) -> None:
        """Offer a service whose `act` returns why not, or ''."""

        def answer(_: Any, response: Any) -> Any:
            response.message = act()
            response.success = not response.message
            self.get_logger().info(f'{name}: {response.message or "done"}')
            return response

        self.create_service(kind, name, answer)

    def rivals(self) -> str:
        """Who else commands the robot, or ''. They cannot be stopped from here, the shield can."""
        counts = {name: self.count_publishers(name) - 1 for name in self.commands}
        return next((f'{n} other publisher of {name}' for name, n in counts.items() if n > 0), '')

    def arm(self) -> str:
        if time.monotonic() - self.born < DISCOVERY_TIME:
            return self.rivals() or 'just started: still looking who else commands the robot'
        return self.rivals() or self.shield.arm(self.now)

    def disarm(self) -> str:
        self.shield.disarm(self.now)
        return ''

    def on_joints(self, joints: JointState) -> None:
        self.shield.on_joints(joints, self.now)

    def on_target(self, target: Target) -> None:
        self.shield.on_target(target, self.now)

    def on_vote(self, vote: SafetyVote) -> None:
        self.shield.on_vote(vote, self.now)

    def on_scene(self, scene: GroundedScene) -> None:
        self.shield.on_scene(scene, self.now)

    def tick(self) -> None:
        asked, output = time.monotonic(), self.shield.tick(self.now)
        if not time.monotonic() - asked <= LATE:
            self.shield.take_back()  # stopped on the way: the controller is further by now
            self.read_clock()
            output = self.shield.tick(self.now)
        self.send(output)
        work = time.monotonic() - self.began
        self.shield.note_loop(work * 1e3, (self.began - self.before) * 1e3)
        self.before = self.began
        self.ticks += 1
        if self.ticks % RIVALS_EVERY == 0:
            self.problem = self.rivals()  # the heartbeat says so, and the supervisor holds

    def safe_stop(self) -> None:
        """Leave the controllers with the braking ramp."""
        self.shield.disarm(self.now)
        self.send(self.shield.tick(self.now))

    def send(self, output: ShieldOutput) -> None:
        if output.arm is not None:
            self.send_arm(output.arm)
        if output.gripper is not None:
            self.command_gripper(output.gripper)
        self.send_report(output.report)

    def command_gripper(self, command: Trajectory) -> None:
        """Say what is new at once, and what the gripper knows now and then."""
        finger = float(command.position[-1, 0])
        self.untold += 1
        if finger != self.told or self.untold >= GRIPPER_EVERY:
            self.send_gripper(command)
            self.told, self.untold = finger, 0


def main() -> None:
    run(ShieldNode)
