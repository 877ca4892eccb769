"""The planted mistakes: of drivers, graph and robot file; and what must name them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from vla_bench.commission.changes import (
    Change,
    at_table,
    contracted,
    flange_of,
    of_arm,
    of_gripper,
    of_joint,
    shifted,
    turned,
    unchanged,
)
from vla_bench.commission.driver import DriverFaults
from vla_bench.commission.graph import GraphFaults
from vla_core.robot.config import RobotConfig
from vla_core.robot.controller import ControllerContract

SCALING = '/speed_scaling_state_broadcaster/speed_scaling'


@dataclass(frozen=True)
class Mistake:
    """One mistake. `checks`: beginnings of the findings that may name it; `words` must stand in
    that finding. `true` changes the robot, `declared` the robot file."""

    name: str
    checks: tuple[str, ...]
    words: tuple[str, ...] = ()
    driver: DriverFaults = field(default_factory=DriverFaults)
    graph: GraphFaults = field(default_factory=GraphFaults)
    true: Change = unchanged
    declared: Change = unchanged
    contract: dict[str, Any] = field(default_factory=dict)  # of the true controller
    scene: dict[str, Any] = field(default_factory=dict)


CLEAN = Mistake('clean', ())


def mistakes(robot: RobotConfig) -> tuple[Mistake, ...]:
    """The mistakes for a robot, each with joints and frames of that robot."""
    n = robot.joint_names
    flange = flange_of(robot)
    lost = n[len(n) // 2]
    found = [*_of_drivers(n, lost), *_of_graph(robot), *_of_file(robot)]
    if flange:
        found.append(Mistake(
            'wrong tip frame', ('tip.frame',), (flange,), declared=of_arm(tip_frame=flange),
        ))  # fmt: skip
    return tuple(found)


def _of_drivers(n: tuple[str, ...], lost: str) -> list[Mistake]:
    f = DriverFaults
    scaled = contracted(scaling_topic=SCALING)
    return [
        Mistake('joint states of two joints exchanged', ('view.joints', 'hand.joint'),
                (n[1], n[2]), f(swapped=(n[1], n[2]))),
        Mistake('two joints exchanged in states and commands', ('view.joints', 'hand.joint'),
                (n[2], n[3]), f(swapped=(n[2], n[3]), is_consistent=True)),
        Mistake('inverted joint', ('view.joints', 'hand.sign'), (n[-1],), f(inverted=n[-1])),
        Mistake('degrees', ('joints.unit',), ('rad',), f(is_in_degrees=True)),
        Mistake('missing joint', ('joints.missing',), (lost,), f(lost_joint=lost)),
        Mistake('no velocity', ('joints.velocity',), ('reports_velocity: false',),
                f(has_velocity=False)),
        Mistake('joint states at 20 Hz', ('rate.joints',), ('20 Hz',), f(joint_rate=20.0)),
        Mistake('clock 0.5 s behind', ('stamps.offset',), ('synchronise',),
                f(clock_offset=-0.5)),
        Mistake('clock 0.5 s ahead', ('stamps.offset',), ('future',), f(clock_offset=0.5)),
        Mistake('depth 40 ms late', ('camera.pairing',), ('+40 ms',), f(depth_delay=0.04)),
        Mistake('BGR labelled RGB', ('camera.colours',), ('bgr8',), f(is_bgr=True)),
        Mistake('depth in mm as float', ('camera.depth_unit',), ('depth_unit: 0.001',),
                f(depth_scale=1000.0)),
        Mistake('depth in 0.1 of its unit', ('camera.depth_unit',), ('depth_unit: 0.1',),
                f(depth_scale=10.0)),
        Mistake('K is zero', ('camera.intrinsics',), ('calibrate',), f(is_uncalibrated=True)),
        Mistake('depth not aligned', ('camera.alignment',), ('registered',), f(depth_shift=12)),
        Mistake('speed slider at 10 %', ('scaling.low',), ('10 %',), f(scaling=10.0),
                true=scaled, declared=scaled),
        Mistake('emergency stop pressed', ('e_stop.pressed',), (), f(e_stop=True)),
        Mistake('emergency stop absent', ('e_stop.absent',), (), f(e_stop=None)),
        Mistake('lag of 100 ms not declared', ('sine.lag',), ('lag: 0.1',),
                scene={'servo_lag': 0.11}),
    ]  # fmt: skip


def _of_graph(robot: RobotConfig) -> list[Mistake]:
    g, topic = GraphFaults, robot.arm.command_topic
    return [
        Mistake('rival publisher of commands', ('rival.command',), ('/jog',),
                graph=g(rival_command='/jog')),
        Mistake('second publisher of joint states', ('rival.joints',), ('/fake_joints',),
                graph=g(rival_joints='/fake_joints')),
        Mistake('second action client', ('rival.action',), ('/move_group',),
                graph=g(action_client='/move_group')),
        Mistake('another stack on the domain', ('rival.stack',), ('/control',),
                graph=g(running_stack='/control')),
        Mistake('nobody listens on the arm topic', ('topics.unheard',), (topic,),
                graph=g(is_arm_unheard=True)),
        Mistake('nobody listens on the gripper topic', ('topics.unheard',),
                (robot.gripper.command_topic,), graph=g(is_gripper_unheard=True)),
        Mistake('emergency stop with other QoS', ('topics.qos',), ('e_stop', 'reliable'),
                graph=g(is_e_stop_best_effort=True)),
        Mistake('controller with other QoS', ('topics.qos',), (topic, 'volatile'),
                graph=g(reads_latched=True)),
        Mistake('joint states of another type', ('topics.type',), ('sensor_msgs/msg/JointState',),
                graph=g(mistyped='control_msgs/msg/DynamicJointState')),
    ]  # fmt: skip


def _of_file(robot: RobotConfig) -> list[Mistake]:
    other = 'measured' if robot.arm.controller.restart == 'desired' else 'desired'
    reverse = of_gripper(lambda pairs: _reversed(pairs))
    double = of_gripper(lambda pairs: tuple((2.0 * joint, gap) for joint, gap in pairs))
    return [
        Mistake('wrong restart rule', ('controller.restart',), (f'restart: {other}',),
                contract={'restart': other}),
        Mistake('reversed gripper map', ('gripper.map',), ('opening_map',), declared=reverse),
        Mistake('gripper map of twice the joint', ('gripper.map',), ('opening_map',),
                declared=double),
        Mistake('camera off by 5 cm', ('camera.extrinsics',), ('position',),
                declared=shifted((0.0, 0.05, 0.0))),
        Mistake('camera off by 3 degrees', ('camera.extrinsics',), ('quaternion',),
                declared=turned(3.0, 1)),
        Mistake('wrong mount', ('mount',), ('mount: {position',), true=at_table(0.05),
                declared=at_table(0.0)),
        Mistake('limits wider than the URDF', ('limits.upper',), (robot.joint_names[0],),
                declared=of_joint(0, upper=lambda v: v + 0.5)),
        Mistake('velocity above the URDF', ('limits.velocity',), (robot.joint_names[-1],),
                declared=of_joint(-1, velocity=lambda v: min(20.0, 4.0 * v))),
    ]  # fmt: skip


def _reversed(pairs: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    """The openings in the opposite order of the joint positions."""
    joints = [joint for joint, _ in pairs][::-1]
    return tuple((joint, gap) for joint, (_, gap) in zip(joints, pairs, strict=True))


def true_contract(robot: RobotConfig, mistake: Mistake) -> ControllerContract:
    """How the true controller behaves."""
    return dataclasses.replace(robot.arm.controller, **mistake.contract)
