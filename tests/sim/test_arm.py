"""The simulated arm holds, follows and touches as the real one would."""

import numpy as np
import pytest

from vla_core import geometry
from vla_core.records.action import Trajectory
from vla_core.robot.description.urdf import finger_joints


def sinus(robot, start, amplitude=0.2, seconds=4.0):
    """A trajectory of 10 ms steps, all joints at 0.5 Hz around `start`, at rest at both ends."""
    t = np.arange(1, round(seconds / 0.01) + 1) * 0.01
    w, slow = np.pi, np.pi / seconds
    gate, slope = np.sin(slow * t) ** 2, slow * np.sin(2 * slow * t)
    wave = gate * np.sin(w * t)
    rate = slope * np.sin(w * t) + gate * w * np.cos(w * t)
    ones = np.ones(len(start))
    rates = amplitude * rate[:, None] * ones
    rates[-1] = 0.0
    return Trajectory(0.0, robot.joint_names, t, start + amplitude * wave[:, None] * ones, rates)


def test_it_starts_and_stays_at_home(operator):
    operator.reset('put_in')
    operator.wait(1.0)
    joints = operator.world.joint_state()
    names = operator.robot.joint_names
    assert joints.select(names)[0] == pytest.approx(operator.robot.home, abs=1e-4)
    assert joints.select(names)[1] == pytest.approx(0.0, abs=1e-4)
    assert joints.stamp == pytest.approx(1.0)
    fingers = finger_joints(operator.robot, operator.robot.gripper)
    assert joints.select(fingers)[0] == pytest.approx([0.04, 0.04], abs=2e-4)
    assert operator.world.wrench() == pytest.approx(np.zeros(6), abs=1e-9)


def test_the_tip_is_where_the_robot_model_says(operator):
    operator.reset('put_in')
    operator.go((0.5, -0.1, 0.2), 0.4)
    q = operator.world.joint_state().select(operator.robot.joint_names)[0]
    error = geometry.pose_error(operator.world.base_from_tcp(), operator.model.fk(q))
    assert np.abs(error).max() < 1e-5


def test_it_follows_a_sinus_within_the_lag_of_a_real_arm(operator):
    operator.reset('press', absent=True, distractors=0)
    world, names = operator.world, operator.robot.joint_names
    wave = sinus(operator.robot, operator.robot.home)
    assert world.command(wave) == ''
    worst, rows = 0.0, []
    for k in range(len(wave.time_from_start)):
        operator.wait(0.01)
        q = world.joint_state().select(names)[0]
        worst = max(worst, np.abs(q - wave.position[k]).max())
        rows.append(q)
    q = np.array(rows)
    lags = [np.sum((q[5:] - wave.position[5 - n : len(q) - n]) ** 2) for n in range(5)]
    assert np.argmin(lags) <= 2  # best fit at no more than 20 ms
    assert worst < 0.03 * np.abs(wave.velocity).max()


def test_a_command_of_many_short_trajectories_is_smooth(ur5e_operator):
    operator = ur5e_operator
    operator.reset('press', absent=True, distractors=0)
    world = operator.world
    wave = sinus(operator.robot, operator.robot.home)
    fastest = 0.0
    before = np.zeros(len(operator.robot.home))
    for k in range(len(wave.time_from_start)):
        q, v = wave.position[k], wave.velocity[k]
        stop = Trajectory(
            world.time, wave.names, [0.01, 0.11], [q, q + 0.05 * v], [v, np.zeros_like(v)]
        )
        assert world.command(stop) == ''
        operator.wait(0.01)
        rate = world.joint_state().velocity[: len(q)]
        fastest = max(fastest, np.abs(rate - before).max() / 0.01)
        before = rate
    true_peak = np.abs(np.diff(wave.velocity, axis=0)).max() / 0.01
    assert fastest < 1.5 * true_peak
    assert world.joint_state().position[: len(q)] == pytest.approx(wave.position[-1], abs=1e-3)


def test_a_refused_trajectory_moves_nothing(operator):
    operator.reset('put_in')
    world, names = operator.world, operator.robot.joint_names
    home = operator.robot.home
    bad = Trajectory(0.0, names, [0.1], [np.full(len(home), np.nan)], np.zeros((0, len(home))))
    assert 'not finite' in world.command(bad)
    assert 'missing' in world.command(
        Trajectory(0.0, names[:2], [0.1], [home[:2]], np.zeros((0, 2)))
    )
    assert 'unknown' in world.command_gripper(Trajectory(0.0, ('thumb',), [0.1], [[0.0]], [[0.0]]))
    operator.wait(0.3)
    assert world.joint_state().position[:-2] == pytest.approx(home, abs=1e-4)


def test_touching_the_table_is_seen_and_felt(operator):
    operator.reset('press', absent=True, distractors=0)
    operator.go((0.45, 0.0, 0.05))
    assert operator.world.contacts() == []
    operator.go((0.45, 0.0, 0.006))  # the finger tips reach 8 mm beyond the tip
    kinds = {contact.kind for contact in operator.world.contacts()}
    assert kinds == {'table'}
    assert operator.world.wrench()[2] < -5.0  # pushed back, against z out of the gripper


def test_touching_a_thing_is_seen(ur5e_operator):
    operator = ur5e_operator
    target = operator.reset('push', distractors=0, target_at=(0.45, 0.0), shape='cube').things[0]
    operator.grip(0.0)
    operator.go(target.position + [0.0, 0.0, 0.5 * target.size[2] + 0.007])
    kinds = {contact.kind for contact in operator.world.contacts()}
    assert 'object' in kinds
    assert 'table' not in kinds


SELF = {
    'ur5e': [0.0, -0.6, 2.75, 0.5, -1.57, 0.0],
    'fr3': [0.0, -1.2, 0.0, -3.0, 0.0, 0.6, 0.785],
}


def test_touching_itself_is_seen(operator):
    operator.reset('press', absent=True, distractors=0)
    goal = np.array(SELF[operator.robot.name])
    move = Trajectory(0.0, operator.robot.joint_names, [2.0], [goal], [np.zeros(len(goal))])
    operator.world.command(move)
    seen = set()
    for _ in range(25):
        operator.wait(0.1)
        seen |= {contact.kind for contact in operator.world.contacts()}
    assert 'self' in seen
