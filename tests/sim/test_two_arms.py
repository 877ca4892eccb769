"""Two arms in one simulated cell: each with its controller, contacts between them of their own."""

import mujoco
import numpy as np
import pytest

from vla_core.params import load_params
from vla_core.records.action import Trajectory
from vla_core.robot.config import load_robot
from vla_core.stack_root import stack_root
from vla_sim.scenes.scene_params import SceneParams
from vla_sim.world import SimWorld


@pytest.fixture
def world():
    scene = load_params(SceneParams, stack_root() / 'config/scenes/tabletop.yaml')
    made = SimWorld(load_robot('two_arms'), scene)
    made.reset('put_in', 0)
    yield made
    made.close()


def move_to(names, goal, now):
    """A trajectory to `goal` in half a second."""
    return Trajectory(now, names, np.array([0.5]), np.array([goal]), np.zeros((1, len(goal))))


def run(world, seconds):
    for _ in range(round(seconds / world.scene.timestep)):
        world.step()


def test_a_command_moves_the_arm_whose_joints_it_names(world):
    left, right = world.robot.arms
    goal = np.array(right.home)
    goal[0] -= 0.2
    assert world.command(move_to(right.joint_names, goal, world.time)) == ''
    run(world, 1.0)
    state = world.joint_state()
    assert state.select(right.joint_names)[0] == pytest.approx(goal, abs=2e-3)
    assert state.select(left.joint_names)[0] == pytest.approx(left.home, abs=2e-3)


def test_a_command_on_the_topic_of_the_other_arm_is_rejected(world):
    left, _ = world.robot.arms
    why = world.command(move_to(left.joint_names, left.home, world.time), arm=1)
    assert 'unknown joints' in why


def test_each_gripper_has_its_own_command(world):
    joint = 'right_gripper_left_finger_joint'
    assert world.command_gripper(move_to((joint,), [0.01], world.time)) == ''
    run(world, 1.5)
    state = world.joint_state()
    assert state.select((joint,))[0][0] == pytest.approx(0.01, abs=1e-3)
    assert state.select(('left_gripper_left_finger_joint',))[0][0] == pytest.approx(0.04, abs=1e-3)


def kinds_at(world, **joints):
    """Kinds of contact with these joints elsewhere than at home."""
    for name, position in joints.items():
        world.data.joint(name).qpos[0] = position
    mujoco.mj_forward(world.model, world.data)
    return {contact.kind for contact in world.contacts() if contact.kind != 'scene'}


def test_a_contact_between_arms_is_neither_one_with_itself_nor_with_an_object(world):
    assert kinds_at(world) == set()
    assert kinds_at(world, left_fr3_joint1=-0.6, right_fr3_joint1=0.6) == {'arms'}


def test_a_contact_with_a_static_obstacle_is_not_one_with_the_table(world):
    assert kinds_at(world, left_fr3_joint1=-1.57) >= {'obstacle'}
