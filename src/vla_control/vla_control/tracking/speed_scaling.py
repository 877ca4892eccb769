"""Speed scaling: the rate of control's own clock. 1 with the ROS clock, lower when the arm cannot
follow, 0 while the shield holds.
"""

from __future__ import annotations

import numpy as np

from vla_control.params import ControlParams
from vla_core.frozen import Array
from vla_core.records.safety import Decision, ShieldReport

HOLDING = (Decision.HOLD, Decision.BRAKE, Decision.REJECTED)
MOVING = (Decision.PASS, Decision.CLIPPED, Decision.SLOWED)
RISE, FALL = 5.0, 10.0  # 1/s, how fast the rate changes
REFERENCE_ERROR = (0.05, 0.25)  # rad, command to reference: where slowing starts, and is largest
MIN_RATE = 0.2  # for a reference error: an unreachable reference must not stop the clock for ever


class SpeedScaling:
    """Rate in [0, 1] of control's clock."""

    def __init__(self, params: ControlParams) -> None:
        self.params = params
        self.rate = 1.0
        self._report: ShieldReport | None = None
        self._received = -np.inf  # s, ROS time

    def on_report(self, report: ShieldReport, now: float) -> None:
        self._report, self._received = report, now

    def on_clock_jump(self) -> None:
        """The last report is too old: hold until the next."""
        self._received = -np.inf

    def is_disarmed(self) -> bool:
        """True when the shield is disarmed."""
        return self._report is not None and self._report.decision == Decision.DISARMED

    def is_held(self, now: float) -> bool:
        """True when the shield holds the arm, or its report is too old."""
        if self._report is None:
            return False
        is_fresh = now - self._received <= self.params.report_max_age
        return not is_fresh or self._report.decision in HOLDING

    @property
    def shield_rate(self) -> float:
        """Rate allowed by the shield: votes slow the clock, so the arm slows down on its path."""
        if self._report is None or self._report.decision not in MOVING:
            return 1.0
        scale = self._report.speed_scale
        return scale if 0.0 <= scale <= 1.0 else 0.0

    def update(self, requested: float, dt: float) -> float:
        """Move the rate towards `requested` without a step; return it."""
        self.rate += min(max(requested - self.rate, -FALL * dt), RISE * dt)
        return self.rate

    def max_lead(self, velocity: Array) -> Array:
        """Return the largest distance (n,) rad of command and arm at `velocity` (n,) rad/s."""
        return self.params.max_tracking_error + self.params.lag_tolerance * np.abs(velocity)

    def tracking_rate(self, lead: Array, velocity: Array, desired: Array) -> float:
        """Return the rate that bounds the tracking error: 1 up to half of the bound, 0 at it.

        `lead` (n,) rad is command minus measurement, `desired` (n,) rad/s the desired velocity.
        Only joints that would increase their lead count: motion back to the arm is always free.
        """
        error = np.abs(lead) - self.params.lag_tolerance * np.abs(velocity)
        growing = float(np.max(np.where(lead * desired > 0.0, error, 0.0)))
        bound = self.params.max_tracking_error
        return ramp_down(growing, 0.5 * bound, bound)

    def reference_rate(self, error: float, tool_speed: float) -> float:
        """Return the rate at which the command keeps up with the reference, `error` rad away, and
        the tool, at `tool_speed` m/s, below its speed limit.
        """
        rate = max(ramp_down(error, *REFERENCE_ERROR), MIN_RATE)
        full_speed = tool_speed / max(self.rate, 0.05)  # m/s, at rate 1
        return min(rate, self.params.tcp_speed / max(full_speed, 1e-6))


def ramp_down(value: float, begin: float, end: float) -> float:
    """Return 1 up to `begin`, 0 from `end` on, linear in between."""
    return min(max((end - value) / (end - begin), 0.0), 1.0)
