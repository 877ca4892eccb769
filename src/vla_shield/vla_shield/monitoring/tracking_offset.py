"""Steady offset of the measured from the commanded position: an undeclared payload pulls the arm
down, and then clearances must hold at the measured position too."""

from __future__ import annotations

import numpy as np

from vla_core.compiled import MATRIX, NUMBER, VECTOR, compiled
from vla_core.frozen import Array
from vla_core.robot.controller import ControllerContract
from vla_shield.monitoring.lag_estimator import DELAYS, SPAN, LagEstimator
from vla_shield.params import ShieldParams

MAX_DELAY = 2.0  # times the usual delay, after which a command has been executed
MAX_LAGS = 2.5  # lags, after which a servo has executed all but a few percent of a command
SMOOTHING_TIME = 0.05  # s
THRESHOLD = 0.005  # rad, of any joint: less is normal tracking error
LARGEST_LAG = 0.17  # s, from a cycle to the motion of the slowest servos
KEPT = max(DELAYS + SPAN, 1 + round(MAX_LAGS * DELAYS))  # commands


class TrackingOffset:
    """Compares each joint sample with the commands that the arm may be executing."""

    def __init__(
        self, params: ShieldParams, contract: ControllerContract | None = None, joints: int = 6
    ) -> None:
        contract = contract or ControllerContract()
        self._period, self._least = params.period, MAX_DELAY * params.delay
        self._sag = contract.sag
        self.lag = LagEstimator(params.period, contract.latency + params.period + contract.lag)
        self._commands: Array = np.zeros((KEPT, joints))  # rad, the newest first
        self._measured: Array = np.zeros(joints)  # rad, of the last cycle
        self._share = min(params.period / SMOOTHING_TIME, 1.0)
        self.reset()

    def reset(self) -> None:
        """Start without an offset, with the arm at rest at its first command."""
        self._is_new = True
        self.lag.clear()
        self.value: Array | None = None  # (n,) rad, smoothed

    def update(self, q: Array, commanded: Array) -> Array | None:
        """Offset (n,) rad of an arm measured at `q` (n,) rad and last commanded to `commanded`
        (n,) rad; None while it is below the threshold."""
        self._commands[1:] = commanded if self._is_new else self._commands[:-1].copy()
        self._commands[0], self._is_new = commanded, False
        self.lag.update(q, self._commands)
        share = 1.0 if self.value is None else self._share
        before = q if self.value is None else self.value
        window = self._commands[: self._window]
        self.value, largest = _offset(q, window, before, share, self._sag)
        self._measured = q
        return self.value if largest > THRESHOLD else None

    def beyond_any_lag(self) -> Array:
        """Offset (n,) rad that not even the slowest servo explains, not filtered."""
        window = self._commands[: 1 + round(LARGEST_LAG / self._period)]
        return _offset(self._measured, window, self._measured, 1.0, self._sag)[0]

    @property
    def _window(self) -> int:
        """Number of commands that the arm may be executing."""
        return 1 + round(max(self._least, MAX_LAGS * self.lag.value) / self._period)


@compiled(VECTOR, MATRIX, VECTOR, NUMBER, NUMBER)
def _offset(
    q: Array, commands: Array, before: Array, share: float, sag: float
) -> tuple[Array, float]:
    """Offset of `q` from the range of `commands` (k, n), less `sag`, low-pass filtered with
    `share`, and its largest element."""
    low, high = commands[0], commands[0]
    for k in range(1, len(commands)):
        low, high = np.minimum(low, commands[k]), np.maximum(high, commands[k])
    offset = q - np.minimum(np.maximum(q, low - sag), high + sag)
    offset = before + share * (offset - before) if share < 1.0 else offset
    return offset, float(np.max(np.abs(offset)))
