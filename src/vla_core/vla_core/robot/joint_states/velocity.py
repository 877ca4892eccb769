"""Velocities of joints whose driver measures none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vla_core.frozen import Array
from vla_core.records.sensing import JointState
from vla_core.robot.config import RobotConfig

SMOOTHING_TIME = 0.02  # s, of the low-pass filter of the differences
MAX_GAP = 0.2  # s, between two samples; after a longer one a joint counts as at rest
MAX_NAME_SETS = 16  # kept, so that a flood of names does not fill the memory


class JointVelocities:
    """Differentiates the positions of arms without `reports_velocity`; others pass unchanged."""

    def __init__(self, robot: RobotConfig) -> None:
        self._names = frozenset(
            name
            for arm in robot.arms
            if not arm.controller.reports_velocity
            for name in arm.joint_names
        )
        self._last: dict[tuple[str, ...], JointState] = {}  # completed, by their joints

    def complete(self, state: JointState) -> JointState:
        """The sample with the velocities of these arms; what they report is not used."""
        if not self._names or self._names.isdisjoint(state.names):
            return state
        if len(state.position) != len(state.names):
            return state  # refused by its reader
        last = self._last.get(state.names)
        if last is not None and last.stamp == state.stamp:
            return last
        columns = np.array([name in self._names for name in state.names])
        reported = state.velocity if len(state.velocity) == len(columns) else np.nan
        velocity = np.where(columns, self._velocity(state, last), reported)
        completed = replace(state, velocity=velocity)
        if len(self._last) >= MAX_NAME_SETS:
            self._last.clear()
        if np.isfinite(completed.position[columns]).all():
            self._last[state.names] = completed
        return completed

    def _velocity(self, state: JointState, last: JointState | None) -> Array:
        """(n,) rad/s from the last sample to this one, filtered; zero without a recent one."""
        zero = np.zeros(len(state.names))
        if last is None or not 0.0 < state.stamp - last.stamp <= MAX_GAP:
            return zero
        dt = state.stamp - last.stamp
        before = np.where(np.isfinite(last.velocity), last.velocity, 0.0)
        share = dt / (dt + SMOOTHING_TIME)
        change: Array = (state.position - last.position) / dt
        return before + share * (change - before)
