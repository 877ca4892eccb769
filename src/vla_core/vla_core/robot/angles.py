"""Angles of a robot file: in rad, at most one turn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

TURN = 6.3  # rad, a little more than one turn


def check_angles(key: str, angles: Sequence[float] | None) -> None:
    """ValueError when an angle is more than one turn: it is likely in degrees."""
    if angles is not None and any(abs(angle) > TURN for angle in angles):
        given = ', '.join(f'{angle:g}' for angle in angles)
        meant = ', '.join(f'{np.radians(angle):.6g}' for angle in angles)
        raise ValueError(
            f'{key} is [{given}], must be between -{TURN} and {TURN} rad; '
            f'did you mean degrees? In rad that is [{meant}]'
        )
