"""A way that was gone before, gone again in the order given: at most half as fast, jerk-limited
along the way, at rest at both ends.
"""

from __future__ import annotations

import numpy as np
from ruckig import InputParameter, Ruckig, Trajectory

from vla_control.moves.executed_path import PathPoint
from vla_control.moves.move import solved
from vla_control.params import ControlParams
from vla_core.frozen import Array
from vla_core.robot.model import RobotModel

SLOWEST, SLOWEST_TURN = 0.04, 0.2  # m/s, rad/s: a pause on the way here is none on the way back
MARGIN = 0.9  # of the speed: the tracker is faster while it catches up
RISE = 0.3  # s, from rest to full pace, and from none to full acceleration


class PathMove:
    """From `q` (n,) rad along `way`; `at` is a function of its own time."""

    is_pose = False

    def __init__(self, q: Array, way: list[PathPoint], model: RobotModel, params: ControlParams):
        self._q = np.array([q, *(point.q for point in way)])  # (k + 1, n) rad
        tool = np.array([model.fk(q)[:3, 3], *(point.tool for point in way)])  # (k + 1, 3) m
        stamps = np.array([way[0].stamp, *(point.stamp for point in way)])
        share = MARGIN * params.rollback_share
        moved = np.linalg.norm(np.diff(tool, axis=0), axis=1)
        rates = np.abs(np.diff(self._q, axis=0)) / model.limits.velocity
        least = np.maximum(moved / (share * params.tcp_speed), rates.max(axis=1) / share)
        turned = np.abs(np.diff(self._q, axis=0)).max(axis=1)
        slowest = np.maximum(moved / SLOWEST, turned / SLOWEST_TURN)
        before = np.minimum(np.abs(np.diff(stamps)) / share, slowest)
        self._at = np.r_[0.0, np.cumsum(np.maximum(np.maximum(least, before), 1e-6))]  # s
        self._pace = along(float(self._at[-1]))
        self.duration = float(self._pace.duration)

    def at(self, time: float) -> Array:
        """(n,) rad."""
        along_way = self._along(time)
        return np.array([np.interp(along_way, self._at, joint) for joint in self._q.T])

    def passed(self, time: float) -> int:
        """How many points of the way lie behind."""
        return int(np.searchsorted(self._at[1:], self._along(time), side='right'))

    def _along(self, time: float) -> float:
        return float(self._pace.at_time(min(max(time, 0.0), self.duration))[0][0])


def along(length: float) -> Trajectory:
    """From 0 to `length` s of a way, at a pace of at most 1, at rest at both ends."""
    problem, way = InputParameter(1), Trajectory(1)
    problem.current_position, problem.target_position = [0.0], [length]
    problem.max_velocity, problem.max_acceleration = [1.0], [1.0 / RISE]
    problem.max_jerk = [1.0 / RISE**2]
    solved(Ruckig(1), problem, way)
    return way
