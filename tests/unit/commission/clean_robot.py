"""Facts of a robot without any mistake, made without a simulator."""

import numpy as np

from vla_commission.checks import edges
from vla_commission.checks.cameras import expected_depth
from vla_commission.collector import Collector
from vla_commission.facts import Endpoint, Facts
from vla_core.records.sensing import JointState, RgbdFrame
from vla_core.robot.config import load_robot
from vla_core.robot.controller_parameters import expected
from vla_core.robot.topic_names import resolved
from vla_ros import qos, topics
from vla_ros.convert.rgbd import frame_to_msgs
from vla_ros.convert.sensing import JOINTS, wrench_to_msg

ROBOT = resolved(load_robot('ur5e'))
NAMES = (*ROBOT.joint_names, ROBOT.gripper.joint)
POSITION = np.array([*ROBOT.home, 0.04])
BOOL = 'std_msgs/msg/Bool'


def joint_message(stamp, position=POSITION, names=NAMES, velocity=None):
    velocity = np.zeros(len(names)) if velocity is None else velocity
    return JOINTS.to_msg(JointState(stamp, names, position, velocity))


def frame(camera):
    """A textured picture of the bare work surface, with a box on it."""
    rng, model = np.random.default_rng(1), camera.model
    shape = (model.height, model.width)
    still = RgbdFrame(camera.name, 0.0, model, np.zeros((*shape, 3), np.uint8), np.zeros(shape))
    depth = expected_depth(camera, still) if camera.kind == 'scene' else np.full(shape, 0.4)
    depth = np.where(np.isfinite(depth) & (depth < 4.0), depth, 4.0)
    grey = np.full(shape, 90.0) + rng.normal(0.0, 2.0, shape)
    for y, x, height, width in ((60, 80, 50, 70), (140, 200, 40, 60), (110, 30, 60, 25)):
        depth[y : y + height, x : x + width] -= 0.15
        grey[y : y + height, x : x + width] = 200.0
    rgb = np.repeat(grey[..., None], 3, axis=2).clip(0, 255).astype(np.uint8)
    return RgbdFrame(camera.name, 100.0, model, rgb, depth.astype(np.float32))


def clean_facts(robot=ROBOT):
    facts = Facts(own=('/commission', '/shield'), duration=2.0)
    collector = Collector(facts)
    for k in range(200):
        stamp = 100.0 + 0.01 * k
        collector.put_joints(robot.joint_states_topic, joint_message(stamp), stamp + 0.001)
    for camera in robot.cameras:
        made = frame_to_msgs(frame(camera), camera)
        for k in range(20):
            stamp = 100.0 + 0.1 * k
            for topic, message in zip(topics.camera(camera), made, strict=True):
                collector.put(topic.name, message, stamp + 0.02, stamp)
    collector.put(robot.arm.wrench_topic, wrench_to_msg(np.zeros(6), 100.0, 'tcp'), 100.0)
    for edge in edges.inputs_of(robot):
        facts.publishers[edge.name] = (Endpoint('/driver', edge.type, qos.EVENT),)
    for edge in edges.outputs_of(robot):
        facts.subscribers[edge.name] = (Endpoint('/controller', edge.type, qos.EVENT),)
    node = robot.arm.controller.node_of(robot.arm.command_topic)
    facts.parameters[node] = expected(robot.arm.controller, robot.joint_names)
    return facts


def put_e_stop(facts, is_pressed, profile=qos.EVENT):
    from std_msgs.msg import Bool

    facts.publishers['/e_stop'] = (Endpoint('/bridge', BOOL, profile),)
    Collector(facts).put('/e_stop', Bool(data=is_pressed), 100.0)
