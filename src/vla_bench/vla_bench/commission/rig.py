"""The rig of guided motion in one process: simulated world, drivers, the shield's modules."""

from __future__ import annotations

import numpy as np

from vla_bench.commission.driver import SimulatedDriver, joints_message
from vla_commission.collector import Collector
from vla_commission.motion.rig import PERIOD
from vla_core.frozen import Array
from vla_core.records.action import Source, Target, Trajectory
from vla_core.records.lease import LeaseKind
from vla_core.records.safety import Level, SafetyVote, ShieldReport
from vla_core.records.sensing import JointState, RgbdFrame
from vla_core.robot.config import RobotConfig
from vla_ros import topics
from vla_ros.convert.fields import BadMessage
from vla_ros.convert.rgbd import frame_from_msgs
from vla_ros.convert.sensing import JOINTS
from vla_shield.params import ShieldParams
from vla_shield.shield import Shield

HOLDER = '/commission'
VOTE_EVERY = 10  # cycles


class LockstepRig:
    """`robot` is the robot file; the true robot is in the world of the driver."""

    def __init__(self, robot: RobotConfig, driver: SimulatedDriver, params: ShieldParams) -> None:
        self.robot, self.driver, self._params = robot, driver, params
        self.joints: JointState | None = None
        self.finger: float | None = None
        self.report: ShieldReport | None = None
        self.certified: Trajectory | None = None
        self.collector: Collector | None = None  # observes while it is set
        self._target: tuple[Array, Array, float] | None = None
        self._count = 0
        self.start_shield()

    @property
    def now(self) -> float:
        return self.driver.now

    def start_shield(self) -> None:
        self._shield: Shield | None = Shield(self._params, self.robot)

    def kill_shield(self) -> None:
        self._shield = None

    def arm(self) -> str:
        if self._shield is None:
            return 'the shield does not run'
        self._shield.leases.acquire(HOLDER, LeaseKind.TELEOP, (), self.now)
        return self._shield.arm(self.now) or self._shield.reset(self.now)

    def disarm(self) -> None:
        self._target = None
        if self._shield is not None:
            self._shield.disarm(self.now)

    def command(self, q: Array, velocity: Array, opening: float) -> None:
        self._target = np.array(q), np.array(velocity), opening

    def silence(self) -> None:
        self._target = None

    def cycle(self) -> None:
        world = self.driver.world
        for _ in range(round(PERIOD / world.scene.timestep)):
            world.step()
        self._sense()
        if self._shield is not None:
            self._run(self._shield)
        self._count += 1

    def _sense(self) -> None:
        state = self.driver.joints_due()
        if state is not None:
            self._on_joints(state)
        if self.collector is not None:
            for topic, message in self.driver.messages(self.robot):
                self.collector.put(topic, message, self.now)

    def _on_joints(self, state: JointState) -> None:
        message = joints_message(state)
        if self.collector is not None:
            self.collector.put_joints(self.robot.joint_states_topic, message, self.now)
        state = JOINTS.from_msg(message)
        if set(self.robot.joint_names) <= set(state.names):
            self.joints = state
        finger = self.robot.gripper.joint
        if finger in state.names:
            self.finger = float(state.position[state.names.index(finger)])
        if self._shield is not None:
            self._shield.on_joints(state, self.now)

    def _run(self, shield: Shield) -> None:
        now = self.now
        if self.robot.arm.controller.scaling_topic:
            shield.inputs.put_scalings([self.driver.faults.scaling], now)
        if self._count % VOTE_EVERY == 0:
            shield.on_vote(SafetyVote(now, 'commission', self._count, Level.RUN, 1.0, 0.3), now)
        shield.on_dead_man(self._target is not None, now)
        if self._target is not None:
            q, velocity, opening = self._target
            shield.on_target(Target(
                now, 'commission', self.robot.joint_names, q, velocity, opening, Source.TELEOP,
                holder=HOLDER,
            ), now)  # fmt: skip
        output = shield.tick(now)
        self.report = output.report
        if output.arm is not None:
            self.certified = output.arm
            self.driver.command(output.arm)
        if output.gripper is not None:
            self.driver.command_gripper(output.gripper)

    def frame(self, camera: str) -> RgbdFrame | str:
        for true in self.driver.world.robot.cameras:
            if true.name == camera:
                colour, depth, info = self.driver.frame_messages(self.driver.world.render(camera))
                try:
                    return frame_from_msgs(self.robot.camera(camera), colour, depth, info)
                except BadMessage as bad:
                    return str(bad)
        return f'no image on {topics.camera(self.robot.camera(camera))[0].name}'
