"""The opening map: parallel and turning jaws, both directions."""

from dataclasses import replace

import pytest

from vla_core.robot.gripper import GripperConfig

PARALLEL = GripperConfig('finger', '/grip', ((0.0, 0.0), (0.04, 0.08)))
ROBOTIQ = GripperConfig('knuckle', '/grip', ((0.8, 0.0), (0.4, 0.045), (0.0, 0.085)))  # 0 is open


@pytest.mark.parametrize(
    ('gripper', 'joint', 'opening'),
    [
        (PARALLEL, 0.02, 0.04),
        (PARALLEL, -0.001, -0.002),  # a finger slightly past its stop stays what it is
        (ROBOTIQ, 0.8, 0.0),
        (ROBOTIQ, 0.6, 0.0225),
        (ROBOTIQ, 0.2, 0.065),
        (ROBOTIQ, 0.0, 0.085),
    ],
)
def test_joint_and_opening_are_inverse(gripper, joint, opening):
    assert gripper.opening(joint) == pytest.approx(opening)
    assert gripper.joint_position(opening) == pytest.approx(joint)


@pytest.mark.parametrize(
    ('pairs', 'word'),
    [
        (((0.0, 0.0),), 'two or more pairs'),
        (((0.0, 0.05), (0.1, 0.05)), 'increasing opening'),
        (((0.0, 0.0), (0.1, 0.02), (0.05, 0.04)), 'monotonic'),
        (((0.0, -0.01), (0.1, 0.05)), 'between 0 and 0.5'),
        (((0.0, 0.0), (0.1, 8.0)), 'between 0 and 0.5'),
        (((0.0, 0.0), (float('nan'), 0.08)), 'not finite'),
    ],
)
def test_a_map_that_is_none_is_refused(pairs, word):
    with pytest.raises(ValueError, match=word):
        GripperConfig('finger', '/grip', pairs)


def test_an_unknown_command_interface_lists_the_known_ones():
    with pytest.raises(ValueError, match=r'joint_trajectory, .*, gripper_command, parallel'):
        GripperConfig('finger', '/grip', ((0.0, 0.0), (0.04, 0.08)), command='pwm')


def test_a_trajectory_holds_positions_of_the_joint():
    with pytest.raises(ValueError, match='a joint_trajectory holds positions of the joint'):
        GripperConfig('finger', '/grip', ((0.0, 0.0), (0.04, 0.08)), command_position='opening')


@pytest.mark.parametrize(
    ('command', 'position', 'commanded', 'is_action'),
    [
        ('gripper_command', 'joint', 0.6, True),
        ('gripper_command', 'opening', 0.0225, True),
        ('float64', 'opening', 0.0225, False),
        ('joint_trajectory', 'joint', 0.6, False),
    ],
)
def test_what_a_command_says(command, position, commanded, is_action):
    gripper = replace(ROBOTIQ, command=command, command_position=position)
    assert gripper.commanded_position(0.0225) == pytest.approx(commanded)
    assert gripper.is_action == is_action
    assert gripper.command_type.count('/') == 2
