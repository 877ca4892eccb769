"""Topic names of a robot file in a namespace."""

from dataclasses import replace

import pytest

from vla_core.robot.config import known_robots, load_robot, public_robots
from vla_core.robot.ros_names import absolute_name
from vla_core.robot.topic_names import resolved


@pytest.mark.parametrize(
    ('name', 'namespace', 'full'),
    [
        ('joint_states', '', '/joint_states'),
        ('joint_states', '/', '/joint_states'),
        ('joint_states', 'left', '/left/joint_states'),
        ('arm/joint_trajectory', '/lab/left/', '/lab/left/arm/joint_trajectory'),
        ('/joint_states', 'left', '/joint_states'),
    ],
)  # fmt: skip
def test_a_name_is_resolved_as_ros_does_it(name, namespace, full):
    assert absolute_name(name, namespace) == full
    assert absolute_name(absolute_name(name, namespace), 'other') == full


def names_of(robot):
    arms = [
        name
        for arm in robot.arms
        for name in (
            arm.command_topic, arm.wrench_topic, arm.controller.scaling_topic,
            arm.controller.node_of(arm.command_topic),
        )
    ]  # fmt: skip
    cameras = [name for camera in robot.cameras for name in camera.topics]
    grippers = [gripper.command_topic for gripper in robot.grippers]
    return [*arms, *cameras, *grippers, robot.joint_states_topic]


@pytest.mark.parametrize('name', [*known_robots(), *public_robots()])
def test_no_topic_of_a_shipped_robot_is_shared_by_two_namespaces(name):
    robot = load_robot(name)
    left, right = (names_of(resolved(robot, space)) for space in ('left', 'right'))
    assert all(full.startswith('/left/') for full in left if full)
    assert all(full.startswith('/right/') for full in right if full)
    assert [bool(full) for full in left] == [bool(name) for name in names_of(robot)]


def test_what_has_an_absolute_name_keeps_it():
    robot = load_robot('ur5e')
    arm = robot.arm
    controller = replace(arm.controller, node='/driver', scaling_topic='speed')
    arm = replace(arm, command_topic='/arm/joint_trajectory', controller=controller)
    camera = replace(robot.cameras[0], info_topic='/lens/camera_info')
    found = resolved(replace(robot, arms=(arm,), cameras=(camera,)), 'left')
    assert found.arm.command_topic == '/arm/joint_trajectory'
    assert found.arm.controller.node == '/driver'
    assert found.arm.controller.scaling_topic == '/left/speed'
    assert found.cameras[0].topics[0] == '/left/scene_camera/color/image_raw'
    assert found.cameras[0].topics[2] == '/lens/camera_info'
    assert resolved(found, 'right') == found
