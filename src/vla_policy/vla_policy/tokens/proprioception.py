"""The robot's own state as a row of numbers, with what a hand remembers of its own motion.

No object, role or phase: where the tool is, how it moves, and where it has been in this attempt.
Without that memory a tool above the table before and after a grasp looks the same to a policy that
sees one moment.
"""

from __future__ import annotations

import numpy as np

from vla_core import geometry
from vla_core.frozen import Array
from vla_core.records.sensing import Observation

COLUMNS = (
    'x', 'y', 'z', 'cos yaw', 'sin yaw', 'cos 4 yaw', 'sin 4 yaw', 'tilt x', 'tilt y', 'tilt z',
    'vx', 'vy', 'vz', 'yaw rate', 'opening', 'opening rate', 'lowest height',
    'highest since the lowest', 'dx since the lowest', 'dy since the lowest',
    'dz since the lowest', 'time since the fingers closed',
)  # fmt: skip
CENTRE = np.array([0.46, 0.0, 0.12])  # m, base frame, middle of the workspace
REACH, SPEED, TILT, OPENING, OPENING_RATE, WAIT = 0.2, 0.2, 0.1, 0.04, 0.1, 2.0  # scales
MOST = 5.0  # scaled values are clipped to this


class HandMemory:
    """Makes the row of each observation of an attempt; `reset` before the next attempt."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the attempt."""
        self._lowest: Array | None = None  # (3,) m, where the tool was lowest
        self._highest = -np.inf  # m, since then
        self._opening, self._stamp, self._closed_at = np.nan, np.nan, np.nan

    def row(self, observation: Observation) -> Array:
        """(22,) float32, of the order of 1; ValueError when the observation is not finite."""
        pose, now = observation.base_from_tcp, observation.stamp
        tool, yaw = pose[:3, 3], float(geometry.yaw(pose))
        rate = self._opening_rate(observation.gripper, now)
        self._remember(tool, rate, now)
        lowest = tool if self._lowest is None else self._lowest
        upright = geometry.tool_down(tool, yaw)
        tilt = geometry.log_rotation(pose[:3, :3] @ upright[:3, :3].T)
        waited = 0.0 if np.isnan(self._closed_at) else now - self._closed_at
        made = np.concatenate([
            (tool - CENTRE) / REACH,
            [np.cos(yaw), np.sin(yaw), np.cos(4 * yaw), np.sin(4 * yaw)],
            tilt / TILT,
            observation.tcp_velocity[:3] / SPEED,
            [observation.tcp_velocity[5], observation.gripper / OPENING - 1.0],
            [rate / OPENING_RATE, (lowest[2] - CENTRE[2]) / REACH],
            [(self._highest - lowest[2]) / REACH],
            (tool - lowest) / REACH,
            [waited / WAIT],
        ])  # fmt: skip
        if not np.all(np.isfinite(made)):
            raise ValueError('the observation is not finite')
        return np.asarray(np.clip(made, -MOST, MOST), np.float32)

    def _opening_rate(self, opening: float, now: float) -> float:
        """m/s since the last observation; 0 for the first."""
        dt = now - self._stamp
        rate = (opening - self._opening) / dt if dt > 0.0 else 0.0
        self._opening, self._stamp = opening, now
        return float(rate) if np.isfinite(rate) else 0.0

    def _remember(self, tool: Array, rate: float, now: float) -> None:
        if self._lowest is None or tool[2] < self._lowest[2]:
            self._lowest, self._highest = np.array(tool), float(tool[2])
        self._highest = max(self._highest, float(tool[2]))
        if rate < -0.1 * OPENING_RATE:
            self._closed_at = now
