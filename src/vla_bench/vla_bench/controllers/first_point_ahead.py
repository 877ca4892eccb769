"""The commands as they were until 989e7c7: the first point is one period ahead of the command."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vla_core.records.action import Trajectory
from vla_shield.shield import Shield, ShieldOutput


class FirstPointAhead:
    """A shield whose commands lack the states before the newest one; all else is the shield's."""

    def __init__(self, shield: Shield) -> None:
        self._shield = shield

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shield, name)

    def tick(self, now: float) -> ShieldOutput:
        """One cycle."""
        output = self._shield.tick(now)
        return replace(output, arms=tuple(shortened(arm, now) for arm in output.arms))


def shortened(command: Trajectory, now: float) -> Trajectory:
    """The newest certified state and its stop, stamped `now` s."""
    row = command.next_row
    times = command.time_from_start[row:] + (command.stamp - now if command.stamp else 0.0)
    position, velocity = command.position[row:], command.velocity[row:]
    return Trajectory(now, command.names, times, position, velocity)
