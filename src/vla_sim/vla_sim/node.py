"""Simulator node: topics and semantics of the real robot, paced by the wall clock."""

from __future__ import annotations

import dataclasses
import json
import math
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from std_msgs.msg import Bool, Float64

from vla_core.errors import UserError
from vla_core.params import check, param
from vla_core.records.action import Trajectory
from vla_core.records.sensing import RgbdFrame
from vla_interfaces.srv import InjectFault, ResetScene
from vla_ros import topics
from vla_ros.convert.rgbd import frame_to_msgs
from vla_ros.convert.sensing import wrench_to_msg
from vla_ros.gripper.server import GripperServers
from vla_ros.main import run
from vla_ros.node import ManagedNode
from vla_ros.robot_controllers import offer_controllers
from vla_sim.controllers.gripper_action_controller import GripperActionController
from vla_sim.faults.kinds import Fault, FaultKind, parse_fault
from vla_sim.real_time_pacer import Pacer
from vla_sim.scenes.scene_params import SceneParams
from vla_sim.world import SimWorld

TRUTH_EVERY = 0.1  # s
SLIP = 0.02  # s, drift of simulated against ROS time after which the offset is set again


@dataclass(frozen=True)
class SimNodeParams:
    """Robot, first scene and image rate."""

    robot: str = param('ur5e', 'name in config/robots, or a file')
    task: str = param('put_in', 'task of the first scene')
    seed: int = param(0, 'of the first scene', lo=0)
    image_period: float = param(0.1, 's, between images of a camera', lo=0.02, hi=10.0)
    scene: SceneParams = field(default_factory=SceneParams)

    def __post_init__(self) -> None:
        check(self)


class SimNode(ManagedNode):
    """Steps the physics, publishes sensor data, accepts commands like ros2_control."""

    name = 'sim'
    carries_images = True
    period = 0.01  # s; a batch of physics steps, then joint states
    realtime_priority = 10

    def configure(self) -> None:
        self.p = p = self.parameters(SimNodeParams)
        self.robot = robot = self.load_robot(p.robot)
        self.world = SimWorld(robot, p.scene)
        self.pacer = Pacer(step=p.scene.timestep)
        self.send_joints = self.advertise(topics.joint_states(robot))
        wrenches = enumerate(topics.wrenches(robot))
        self.send_wrenches = {k: self.advertise(topic) for k, topic in wrenches if topic.name}
        self.send_success = self.advertise(topics.SUCCESS)
        self.success_stamp = 0.0  # s, ROS time
        self.cameras = {
            c.name: [self.advertise(t) for t in topics.camera(c)] for c in robot.cameras
        }
        self.watched = {c.name: topics.camera(c)[:2] for c in robot.cameras}  # colour, depth
        for k, topic in enumerate(topics.arm_commands(robot)):
            self.subscribe(topic, partial(self.accept, partial(self.world.command, arm=k)))
        commands, kind = topics.gripper_commands(robot), GripperActionController
        self.grippers = GripperServers(self, robot.grippers, commands, self.on_gripper, kind)
        offer_controllers(self, robot)
        scalings = enumerate(topics.speed_scalings(robot))
        self.send_scalings = {k: self.advertise(topic) for k, topic in scalings if topic.name}
        self.create_service(ResetScene, 'sim/reset_scene', self.on_reset)
        self.create_service(InjectFault, 'sim/inject_fault', self.on_fault)
        self.due = {c.name: 0.0 for c in robot.cameras}  # s, ROS time of the next image
        self.fault_ends, self.offset = math.inf, 0.0  # s: ROS time; ROS time minus simulated
        self.reset(p.task, p.seed, {})

    def reset(self, task: str, seed: int, overrides: dict[str, Any]) -> None:
        episode = self.world.reset(task, seed, **overrides)
        for camera in self.robot.cameras:
            self.world.render(camera.name)  # the first image is slow
        self.fault_ends = math.inf
        self.get_logger().info(f'scene {task} {seed}: {episode.instruction!r}')

    def accept(self, command: Any, trajectory: Any) -> None:
        stamp = trajectory.stamp - self.offset if trajectory.stamp else 0.0
        refusal = command(dataclasses.replace(trajectory, stamp=stamp))
        if refusal:
            self.log_error(f'command rejected: {refusal}')

    def on_gripper(self, gripper: int, trajectory: Trajectory) -> None:
        self.accept(partial(self.world.command_gripper, gripper=gripper), trajectory)

    def on_clock_jump(self, step: float) -> None:
        self.success_stamp, self.due = -math.inf, dict.fromkeys(self.due, -math.inf)
        self.fault_ends += step

    def tick(self) -> None:
        for _ in range(self.pacer.due(time.monotonic())):
            self.world.step()
        now = self.now
        self.grippers.tick(self.world.finger, self.began)
        if not abs(now - self.world.time - self.offset) <= SLIP:
            self.offset = now - self.world.time
        if not self.world.faults.is_joint_state_lost:
            joints = self.world.joint_state()
            self.send_joints(dataclasses.replace(joints, stamp=joints.stamp + self.offset))
        stamp = self.world.time + self.offset
        for k, send in self.send_wrenches.items():
            tip = self.robot.arms[k].tip_frame
            send(wrench_to_msg(self.world.wrench(k), stamp, tip))
        for k, send in self.send_scalings.items():
            send(Float64(data=self.world.scaling_values[k]))
        if now >= self.fault_ends:
            self.world.inject(Fault(FaultKind.NONE))
            self.fault_ends = math.inf
        self._publish_success(now)
        self._render_due(now)
        self.remark = f'real-time factor {self.pacer.factor:.2f}'

    def _publish_success(self, now: float) -> None:
        if now - self.success_stamp >= TRUTH_EVERY:
            self.success_stamp = now
            self.send_success(Bool(data=self.world.success()))

    def _render_due(self, now: float) -> None:
        """Render at most one image: the one that is due longest and has subscribers."""
        name = min(self.due, key=self.due.__getitem__)
        if now < self.due[name]:
            return
        self.due[name] = max(self.due[name] + self.p.image_period, now)
        colour, depth = (self.count_subscribers(topic.name) for topic in self.watched[name])
        if colour or depth:
            self._send_frame(self.world.render(name), has_depth=depth > 0)

    def _send_frame(self, frame: RgbdFrame, *, has_depth: bool) -> None:
        stamped = dataclasses.replace(frame, stamp=frame.stamp + self.offset)
        colour, depth, info = frame_to_msgs(stamped, self.robot.camera(frame.camera))
        send_colour, send_depth, send_info = self.cameras[frame.camera]
        send_colour(colour)
        if has_depth:  # 300 KB, usually without a subscriber for the wrist camera
            send_depth(depth)
        send_info(info)

    def on_reset(self, request: Any, response: Any) -> Any:
        try:
            overrides = json.loads(request.overrides or '{}')
            self.reset(request.task or self.p.task, request.seed, overrides)
        except (UserError, ValueError) as error:
            response.message = str(error)
            return response
        episode = self.world.episode
        response.success = True
        response.instruction, response.target_absent = episode.instruction, episode.absent
        return response

    def on_fault(self, request: Any, response: Any) -> Any:
        try:
            fault = parse_fault(request.name)
            value = request.value or fault.value
            self.world.inject(Fault(fault.kind, value))
        except UserError as error:
            response.message = str(error)
            return response
        self.fault_ends = self.now + request.seconds if request.seconds > 0 else math.inf
        response.success = True
        return response


def main() -> None:
    run(SimNode)
