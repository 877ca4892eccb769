"""A move along path points in the order given: at most at half the recorded speed, jerk-limited
along the path, at rest at both ends.
"""

from __future__ import annotations

import numpy as np
from ruckig import InputParameter, Ruckig, Trajectory

from vla_control.moves.executed_path import PathPoint
from vla_control.moves.move import solved
from vla_control.params import ControlParams
from vla_core.frozen import Array
from vla_core.robot.model import RobotModel

SLOWEST, SLOWEST_TURN = 0.04, 0.2  # m/s, rad/s: recorded pauses are not repeated
CATCH_UP_SHARE = 0.9  # of the speed: the tracker is faster while it catches up
RISE = 0.3  # s, from rest to full rate, and from zero to full acceleration


class PathMove:
    """From `q` (n,) rad along `path`; `at` is a function of its own time."""

    is_pose = False

    def __init__(self, q: Array, path: list[PathPoint], model: RobotModel, params: ControlParams):
        self._q = np.array([q, *(point.q for point in path)])  # (k + 1, n) rad
        tool = np.array([model.fk(q)[:3, 3], *(point.tool for point in path)])  # (k + 1, 3) m
        stamps = np.array([path[0].stamp, *(point.stamp for point in path)])
        share = CATCH_UP_SHARE * params.rollback_share
        moved = np.linalg.norm(np.diff(tool, axis=0), axis=1)
        rates = np.abs(np.diff(self._q, axis=0)) / model.limits.velocity
        least = np.maximum(moved / (share * params.tcp_speed), rates.max(axis=1) / share)
        turned = np.abs(np.diff(self._q, axis=0)).max(axis=1)
        slowest = np.maximum(moved / SLOWEST, turned / SLOWEST_TURN)
        recorded = np.minimum(np.abs(np.diff(stamps)) / share, slowest)
        self._times = np.r_[0.0, np.cumsum(np.maximum(np.maximum(least, recorded), 1e-6))]  # s
        self._scaling = path_time(float(self._times[-1]))
        self.duration = float(self._scaling.duration)

    def at(self, time: float) -> Array:
        """Return the joint positions (n,) rad."""
        moment = self._path_time(time)
        return np.array([np.interp(moment, self._times, joint) for joint in self._q.T])

    def passed(self, time: float) -> int:
        """Return how many points of the path have been passed."""
        return int(np.searchsorted(self._times[1:], self._path_time(time), side='right'))

    def _path_time(self, time: float) -> float:
        return float(self._scaling.at_time(min(max(time, 0.0), self.duration))[0][0])


def path_time(length: float) -> Trajectory:
    """Return the path time from 0 to `length` s at a rate of at most 1, at rest at both ends."""
    problem, trajectory = InputParameter(1), Trajectory(1)
    problem.current_position, problem.target_position = [0.0], [length]
    problem.max_velocity, problem.max_acceleration = [1.0], [1.0 / RISE]
    problem.max_jerk = [1.0 / RISE**2]
    solved(Ruckig(1), problem, trajectory)
    return trajectory
