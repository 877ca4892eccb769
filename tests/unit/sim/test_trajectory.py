"""The semantics of joint_trajectory_controller, checked without a simulator."""

import numpy as np
import pytest

from vla_core.records.action import Trajectory
from vla_sim.controllers.joint_trajectory_controller import JointTrajectoryController

NAMES = ('a', 'b')


def made(times, points, rates=None, stamp=0.0, names=NAMES):
    points = np.asarray(points, float)
    rates = np.zeros((0, len(names))) if rates is None else np.asarray(rates, float)
    return Trajectory(stamp, names, np.asarray(times, float), points, rates)


@pytest.fixture
def player():
    return JointTrajectoryController(NAMES, np.array([0.0, 1.0]))


def test_before_any_trajectory_the_start_is_held(player):
    position, velocity = player.sample(5.0)
    assert position.tolist() == [0.0, 1.0]
    assert velocity.tolist() == [0.0, 0.0]


def test_points_without_velocities_are_joined_by_lines(player):
    assert player.accept(made([1.0], [[2.0, 3.0]]), now=10.0) == ''
    position, velocity = player.sample(10.25)
    assert position == pytest.approx([0.5, 1.5])
    assert velocity == pytest.approx([2.0, 2.0])


def test_points_with_velocities_are_joined_by_cubics(player):
    player.accept(made([1.0, 2.0], [[2.0, 1.0], [4.0, 1.0]], [[1.0, 0.0], [0.0, 0.0]]), now=0.0)
    for moment, position, velocity in ((1.0, 2.0, 1.0), (1.999999, 4.0, 0.0)):
        q, v = player.sample(moment)
        assert q[0] == pytest.approx(position, abs=1e-5)
        assert v[0] == pytest.approx(velocity, abs=1e-4)
    step = 1e-6
    slope = (player.sample(0.4 + step)[0] - player.sample(0.4 - step)[0]) / (2 * step)
    assert player.sample(0.4)[1] == pytest.approx(slope, abs=1e-6)
    # h 1, from 0 at rest to 2 with slope 1: 3 s^2 2 - 2 s^3 2 + (s^3 - s^2) 1
    assert player.sample(0.5)[0][0] == pytest.approx(3 * 0.25 * 2 - 2 * 0.125 * 2 + (0.125 - 0.25))


def test_a_new_trajectory_starts_from_the_desired_state_of_its_arrival(player):
    player.accept(made([1.0], [[2.0, 1.0]]), now=0.0)
    player.accept(made([1.0], [[0.0, 1.0]], [[0.0, 0.0]]), now=0.5)
    position, velocity = player.sample(0.5)
    assert position == pytest.approx([1.0, 1.0])
    assert velocity == pytest.approx([2.0, 0.0])  # goes on smoothly


def test_the_last_point_is_held(player):
    player.accept(made([0.5], [[2.0, 3.0]]), now=0.0)
    position, velocity = player.sample(0.5)
    assert position.tolist() == [2.0, 3.0]
    assert velocity.tolist() == [0.0, 0.0]
    assert not player.is_moving


def test_the_part_that_is_already_past_is_skipped(player):
    late = made([1.0, 2.0, 3.0], [[1.0, 1.0], [2.0, 1.0], [3.0, 1.0]], stamp=10.0)
    assert player.accept(late, now=11.5) == ''
    assert player.sample(11.5)[0] == pytest.approx([1.5, 1.0])
    assert player.sample(12.5)[0] == pytest.approx([2.5, 1.0])


def test_a_stamp_in_the_future_is_reached_at_its_time(player):
    player.accept(made([1.0], [[4.0, 1.0]], stamp=11.0), now=10.0)
    assert player.sample(11.0)[0] == pytest.approx([2.0, 1.0])


def test_an_empty_trajectory_holds_now(player):
    player.accept(made([1.0], [[2.0, 1.0]]), now=0.0)
    assert (
        player.accept(Trajectory(0.0, NAMES, [], np.zeros((0, 2)), np.zeros((0, 2))), now=0.25)
        == ''
    )
    assert player.sample(0.9)[0] == pytest.approx([0.5, 1.0])


def test_joints_may_come_in_any_order(player):
    assert player.accept(made([1.0], [[5.0, 7.0]], names=('b', 'a')), now=0.0) == ''
    assert player.sample(2.0)[0].tolist() == [7.0, 5.0]


BAD = {
    'missing': made([1.0], [[1.0]], names=('a',)),
    'unknown': made([1.0], [[1.0, 1.0, 1.0]], names=('a', 'b', 'c')),
    'twice': made([1.0], [[1.0, 1.0]], names=('a', 'a')),
    'not finite': made([1.0], [[np.nan, 1.0]]),
    'increase': made([1.0, 1.0], [[1.0, 1.0], [2.0, 1.0]]),
    'begins at': made([-1.0], [[1.0, 1.0]]),
    'positions are': made([1.0], [[1.0, 1.0], [2.0, 2.0]]),
    'velocities are': made([1.0, 2.0], [[1.0, 1.0], [2.0, 1.0]], [[0.0, 0.0]]),
    'last velocity': made([1.0], [[1.0, 1.0]], [[0.0, 0.1]]),
    'ended': made([1.0], [[1.0, 1.0]], stamp=3.0),
}


@pytest.mark.parametrize('word', BAD)
def test_a_bad_trajectory_is_refused_and_the_old_one_goes_on(player, word):
    player.accept(made([10.0], [[10.0, 1.0]]), now=4.0)
    assert word in player.accept(BAD[word], now=5.0)
    assert player.sample(6.0)[0] == pytest.approx([2.0, 1.0])


@pytest.mark.parametrize('bad', [np.nan, np.inf])
@pytest.mark.parametrize('field', ['stamp', 'time_from_start', 'velocity'])
def test_no_number_may_be_nan_or_infinite(player, field, bad):
    parts = {'stamp': 0.0, 'time_from_start': [1.0], 'velocity': [[0.0, 0.0]]}
    parts[field] = bad if field == 'stamp' else np.full_like(parts[field], bad)
    refused = Trajectory(
        parts['stamp'], NAMES, parts['time_from_start'], [[1.0, 1.0]], parts['velocity']
    )
    assert player.accept(refused, now=0.0) != ''
