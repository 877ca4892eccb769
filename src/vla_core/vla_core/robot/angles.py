"""Angles of a robot file: in rad, at most one turn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

TURN = 6.3  # rad, a little more than one turn
FASTEST = {'velocity': 20.0, 'acceleration': 100.0, 'jerk': 12000.0}  # of a joint; rad and s
UNITS = {'velocity': 'rad/s', 'acceleration': 'rad/s^2', 'jerk': 'rad/s^3'}


def check_angles(key: str, angles: Sequence[float] | None) -> None:
    """ValueError when an angle is more than one turn: it is likely in degrees."""
    if angles is not None and any(abs(angle) > TURN for angle in angles):
        given = ', '.join(f'{angle:g}' for angle in angles)
        meant = ', '.join(f'{np.radians(angle):.6g}' for angle in angles)
        raise ValueError(
            f'{key} is [{given}], must be between -{TURN} and {TURN} rad; '
            f'did you mean degrees? In rad that is [{meant}]'
        )


def check_rate(joint: str, key: str, value: float) -> None:
    """ValueError when a velocity, acceleration or jerk is beyond those of any arm."""
    if value > FASTEST[key]:
        raise ValueError(
            f'{key} of {joint} is {value:g} {UNITS[key]}, must be at most {FASTEST[key]:g}; '
            f'did you mean degrees? In {UNITS[key]} that is {np.radians(value):.4g}'
        )
