"""Lag of the measured behind the commanded arm, estimated while it moves.

A servo's lag gives an offset in proportion to speed, a payload one that is there at rest too. So
the increments of the measured positions are compared with those of earlier commands: a constant
offset does not change them.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from vla_core.compiled import MATRIX, VECTOR, compiled
from vla_core.frozen import Array

SPAN = 5  # cycles, of an increment
DELAYS = 26  # lags that are compared: 0 to 25 cycles
MEMORY = 0.985  # of the sums, from one cycle with motion to the next
LEAST_MOTION = 1e-3  # rad, increment of the command that counts as motion
LEAST_SUM = 4e-4  # rad^2, of the measured increments, from which the lag is known
MOST_ERROR = 0.1  # of that sum, that the best lag may leave unexplained
LEAST_CONTRAST = 0.01  # of that sum, by which lags away from the best one must be worse
NEIGHBOURHOOD = 4  # cycles from the best lag, where that is tested


class LagEstimator:
    """Least squares over whole cycles, refined by a parabola."""

    def __init__(self, period: float, lag: float) -> None:
        self._period = period
        self._measured: deque[Array] = deque(maxlen=SPAN + 1)
        self.is_known = False  # the arm has moved enough to tell
        self.value = lag  # s, from the cycle that commands a position to its measurement
        self.clear()

    def clear(self) -> None:
        """Discard the samples. What they showed remains: the arm is the same."""
        self._measured.clear()
        self._errors: Array = np.zeros(DELAYS)  # rad^2, sum for each lag
        self._sum = 0.0  # rad^2, of the measured increments

    def update(self, q: Array, commands: Array) -> None:
        """A cycle with the arm at `q` (n,) rad; `commands` (k, n) rad, the newest first, of
        DELAYS + SPAN cycles or more."""
        self._measured.append(q)
        if len(self._measured) <= SPAN:
            return
        moved = q - self._measured[0]
        errors, motion = _increment_errors(moved, commands)
        if not motion > LEAST_MOTION:
            return
        self._errors = MEMORY * self._errors + errors
        self._sum = MEMORY * self._sum + float(moved @ moved)
        if self._sum >= LEAST_SUM:
            self._judge()

    def _judge(self) -> None:
        """Take the best lag when it explains the motion and others do not."""
        errors, best = self._errors, int(np.argmin(self._errors))
        sides = [k for k in (best - NEIGHBOURHOOD, best + NEIGHBOURHOOD) if 0 <= k < DELAYS]
        contrast = min(errors[k] for k in sides) - errors[best]
        if errors[best] > MOST_ERROR * self._sum or contrast < LEAST_CONTRAST * self._sum:
            return
        self.is_known, self.value = True, (best + self._refined(best)) * self._period

    def _refined(self, best: int) -> float:
        """Cycles, of the minimum of a parabola through three errors, from `best`."""
        if not 0 < best < DELAYS - 1:
            return 0.0
        before, here, after = self._errors[best - 1 : best + 2]
        bend = before - 2.0 * here + after
        return float(0.5 * (before - after) / bend) if bend > 0.0 else 0.0


@compiled(VECTOR, MATRIX)
def _increment_errors(moved: Array, commands: Array) -> tuple[Array, float]:
    """Squared difference (DELAYS,) rad^2 of `moved` (n,) rad to the increments of `commands`
    (k, n) rad over SPAN cycles, by delay; and the largest such increment, rad."""
    errors, motion = np.zeros(DELAYS), 0.0
    for d in range(DELAYS):
        for j in range(len(moved)):
            increment = commands[d, j] - commands[d + SPAN, j]
            errors[d] += (moved[j] - increment) ** 2
            motion = np.maximum(motion, np.abs(increment))
    return errors, motion
