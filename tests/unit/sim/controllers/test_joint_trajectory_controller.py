"""The rules of joint_trajectory_controller (Jazzy) and of its scaled variant, without a simulator.

Expected numbers are computed here from the formulas in trajectory.cpp (docs/controllers.md).
"""

import numpy as np
import pytest

from vla_core.records.action import Trajectory
from vla_core.robot.controller import ControllerContract
from vla_sim.controllers.joint_trajectory_controller import JointTrajectoryController

NAMES = ('a', 'b')
DT = 0.002  # s, period of the controller


def made(times, points, rates=None, stamp=0.0, names=NAMES):
    points = np.asarray(points, float)
    rates = np.zeros((0, len(names))) if rates is None else np.asarray(rates, float)
    return Trajectory(stamp, names, np.asarray(times, float), points, rates)


class Player:
    """A controller with an arm that stands at `q`, moves at `v`, or follows at once."""

    def __init__(self, q=None, v=None, goal=(0.0, 0.0), **contract):
        start = np.array([0.0, 1.0])
        self.controller = JointTrajectoryController(
            NAMES, start, DT, ControllerContract(**contract), goal
        )
        self.q, self.v = q, v
        self.now = None

    def measured(self):
        q = self.controller.position if self.q is None else np.array(self.q, float)
        return q, None if self.v is None else np.array(self.v, float)

    def accept(self, trajectory, now):
        self.run(now)
        return self.controller.accept(trajectory, now)

    def run(self, now):
        """Commands of all updates before `now`, (k, 2); each is for one period later."""
        if self.now is None:
            self.now = now
        sent = []
        while self.now < now - 1e-9:
            self.controller.update(self.now, self.measured)
            self.now += DT
            sent.append(self.controller.position)
        return np.array(sent)

    def at(self, now):
        self.run(now)
        return self.controller.position, self.controller.velocity


@pytest.fixture
def player():
    return Player()


def cubic(t, h, p0, v0, p1, v1):
    """Position at `t` of the cubic over `h` s."""
    s = t / h
    return (
        (2 * s**3 - 3 * s**2 + 1) * p0
        + (s**3 - 2 * s**2 + s) * h * v0
        + (3 * s**2 - 2 * s**3) * p1
        + (s**3 - s**2) * h * v1
    )


def test_before_any_trajectory_the_start_is_held(player):
    player.run(0.0)
    position, velocity = player.at(5.0)
    assert position.tolist() == [0.0, 1.0]
    assert velocity.tolist() == [0.0, 0.0]


def test_points_without_velocities_are_joined_by_lines(player):
    assert player.accept(made([1.0], [[2.0, 3.0]]), now=10.0) == ''
    position, velocity = player.at(10.25)
    assert position == pytest.approx([0.5, 1.5])
    assert velocity == pytest.approx([2.0, 2.0])


def test_points_with_velocities_are_joined_by_cubics(player):
    player.accept(made([1.0, 2.0], [[2.0, 1.0], [4.0, 1.0]], [[1.0, 0.0], [0.0, 0.0]]), now=0.0)
    for now in (0.3, 0.5, 0.9):
        assert player.at(now)[0][0] == pytest.approx(cubic(now, 1.0, 0.0, 0.0, 2.0, 1.0))
    for now in (1.2, 1.7):
        assert player.at(now)[0][0] == pytest.approx(cubic(now - 1.0, 1.0, 2.0, 1.0, 4.0, 0.0))


def test_the_last_point_is_held(player):
    player.accept(made([0.5], [[2.0, 3.0]]), now=0.0)
    position, velocity = player.at(0.5)
    assert position.tolist() == [2.0, 3.0]
    assert velocity.tolist() == [0.0, 0.0]
    assert not player.controller.is_moving


def test_the_part_that_is_already_past_is_skipped(player):
    late = made([1.0, 2.0, 3.0], [[1.0, 1.0], [2.0, 1.0], [3.0, 1.0]], stamp=10.0)
    assert player.accept(late, now=11.5) == ''
    assert player.at(11.5 + DT)[0] == pytest.approx([1.5 + DT, 1.0])
    assert player.at(12.5)[0] == pytest.approx([2.5, 1.0])


def test_a_stamp_in_the_future_is_reached_at_its_time(player):
    player.accept(made([1.0], [[4.0, 1.0]], stamp=11.0), now=10.0)
    assert player.at(11.0)[0] == pytest.approx([2.0, 1.0])


@pytest.mark.parametrize('restart', ['desired', 'measured'])
def test_the_restart_rule_applies_before_the_first_point(restart):
    player = Player(q=[0.3, 1.0], v=[0.7, 0.0], restart=restart)
    player.accept(made([1.0], [[2.0, 1.0]], [[0.0, 0.0]]), now=0.0)
    player.at(0.5)
    before = player.controller.position, player.controller.velocity
    player.accept(made([0.1, 0.4], [[1.2, 1.0], [1.3, 1.0]], [[0.5, 0.0], [0.0, 0.0]]), now=0.5)
    sent = player.run(0.5 + DT)[0][0]
    if restart == 'desired':
        # the last command is labelled with the time of its update, one period before it is due
        p0, v0 = before[0][0], before[1][0]
        assert sent == pytest.approx(cubic(2 * DT, 0.1 + DT, p0, v0, 1.2, 0.5))
    else:
        assert sent == pytest.approx(cubic(DT, 0.1, 0.3, 0.7, 1.2, 0.5))


def test_without_measured_velocity_a_measured_restart_begins_at_rest():
    player = Player(q=[0.3, 1.0], restart='measured')
    message = made([0.1, 0.4], [[1.0, 1.0], [1.1, 1.0]], [[0.5, 0.0], [0.0, 0.0]])
    assert player.accept(message, now=0.0) == ''
    assert player.run(DT)[0][0] == pytest.approx(cubic(DT, 0.1, 0.3, 0.0, 1.0, 0.5))


@pytest.mark.parametrize('restart', ['desired', 'measured'])
def test_a_first_point_that_is_not_in_the_future_makes_the_restart_rule_irrelevant(restart):
    player = Player(q=[0.3, 1.0], v=[0.7, 0.0], restart=restart)
    player.accept(made([1.0], [[2.0, 1.0]], [[0.0, 0.0]]), now=0.0)
    player.at(0.5)
    message = made([0.0, 0.1], [[1.0, 1.0], [1.2, 1.0]], [[1.0, 0.0], [0.0, 0.0]], stamp=0.49)
    player.accept(message, now=0.5)
    sent = player.run(0.52)[:, 0]
    expected = [cubic(0.01 + DT * (k + 1), 0.1, 1.0, 1.0, 1.2, 0.0) for k in range(len(sent))]
    assert sent == pytest.approx(expected)


def test_an_arrival_between_two_updates_waits_for_the_next(player):
    player.run(0.0)
    player.controller.accept(made([1.0], [[2.0, 1.0]], stamp=0.0), now=0.003)
    sent = player.run(0.008)[:, 0]
    # starts at the update at 4 ms, from the command of 2 ms: line over 1.002 s, two periods in
    assert sent == pytest.approx([0.0, 0.0, 2.0 * 2 * DT / 1.002, 2.0 * 3 * DT / 1.002])


@pytest.mark.parametrize('restart', ['desired', 'measured'])
def test_scaled_time_begins_again_at_every_message(restart):
    player = Player(restart=restart, scaling_topic='/scaling')
    player.controller.scaling = 0.1
    line = made([0.0, 1.0], [[0.0, 1.0], [1.0, 1.0]], stamp=1.0)
    player.accept(line, now=1.0)
    first = player.run(1.01)[:, 0]
    assert first == pytest.approx(DT + 0.1 * DT * np.arange(5))
    player.accept(line, now=1.01)  # the same message again: the sampling time jumps to now
    assert player.run(1.012)[0][0] == pytest.approx(0.01 + DT)


def test_a_tracking_error_beyond_the_tolerance_aborts_and_holds_the_measured_position():
    player = Player(q=[0.0, 1.0], path_tolerance=0.2)
    player.accept(made([1.0], [[1.0, 1.0]]), now=0.0)
    position, _ = player.at(0.3)
    assert position.tolist() == [0.0, 1.0]
    assert 'a: tracking error 0.20' in player.controller.aborted
    before = player.controller.position
    player.accept(made([1.0], [[0.1, 1.0]]), now=0.3)  # a new message is executed again
    assert player.at(0.4)[0][0] > before[0]


def test_the_goal_must_be_met_in_time_if_that_is_configured():
    player = Player(q=[0.0, 1.0], goal=(0.1, 0.5))
    player.accept(made([0.1], [[1.0, 1.0]]), now=0.0)
    assert player.at(0.5)[0][0] == 1.0
    assert player.at(0.7)[0][0] == 0.0
    assert 'from the goal' in player.controller.aborted


def test_joints_may_come_in_any_order(player):
    assert player.accept(made([1.0], [[5.0, 7.0]], names=('b', 'a')), now=0.0) == ''
    assert player.at(2.0)[0].tolist() == [7.0, 5.0]


def test_partial_goals_keep_the_other_joints_where_they_are_commanded():
    player = Player(allow_partial_joints=True)
    assert player.accept(made([1.0], [[5.0]], [[0.0]], names=('a',)), now=0.0) == ''
    assert player.at(2.0)[0].tolist() == [5.0, 1.0]


def test_a_last_velocity_is_accepted_where_the_controller_allows_it():
    moving = made([1.0], [[1.0, 1.0]], [[0.5, 0.0]])
    assert Player().accept(moving, now=0.0) != ''
    player = Player(allow_nonzero_end_velocity=True)
    assert player.accept(moving, now=0.0) == ''
    assert player.at(1.5)[1].tolist() == [0.5, 0.0]


BAD = {
    'empty': made([], np.zeros((0, 2)), np.zeros((0, 2))),
    'missing': made([1.0], [[1.0]], names=('a',)),
    'unknown': made([1.0], [[1.0, 1.0, 1.0]], names=('a', 'b', 'c')),
    'twice': made([1.0], [[1.0, 1.0]], names=('a', 'a')),
    'not finite': made([1.0], [[np.nan, 1.0]]),
    'increase': made([1.0, 1.0], [[1.0, 1.0], [2.0, 1.0]]),
    'positions are': made([1.0], [[1.0, 1.0], [2.0, 2.0]]),
    'velocities are': made([1.0, 2.0], [[1.0, 1.0], [2.0, 1.0]], [[0.0, 0.0]]),
    'last velocity': made([1.0], [[1.0, 1.0]], [[0.0, 0.1]]),
    'ended': made([1.0], [[1.0, 1.0]], stamp=3.0),
}


@pytest.mark.parametrize('word', BAD)
def test_a_bad_trajectory_is_refused_and_the_old_one_goes_on(player, word):
    player.accept(made([10.0], [[10.0, 1.0]]), now=4.0)
    assert word in player.accept(BAD[word], now=5.0)
    assert player.at(6.0)[0] == pytest.approx([2.0, 1.0])


@pytest.mark.parametrize('bad', [np.nan, np.inf])
@pytest.mark.parametrize('field', ['stamp', 'time_from_start', 'velocity'])
def test_no_number_may_be_nan_or_infinite(player, field, bad):
    parts = {'stamp': 0.0, 'time_from_start': [1.0], 'velocity': [[0.0, 0.0]]}
    parts[field] = bad if field == 'stamp' else np.full_like(parts[field], bad)
    refused = Trajectory(
        parts['stamp'], NAMES, parts['time_from_start'], [[1.0, 1.0]], parts['velocity']
    )
    assert player.accept(refused, now=0.0) != ''
