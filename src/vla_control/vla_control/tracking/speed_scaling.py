"""How fast control's own clock runs: with the ROS clock, slower when the arm cannot follow, not at
all when held.
"""

from __future__ import annotations

import numpy as np

from vla_control.params import ControlParams
from vla_core.frozen import Array
from vla_core.records.safety import Decision, ShieldReport

HOLDING = (Decision.HOLD, Decision.BRAKE, Decision.REJECTED)
MOVING = (Decision.PASS, Decision.CLIPPED, Decision.SLOWED)
RISE, FALL = 5.0, 10.0  # 1/s, how fast the rate changes
GAP = (0.05, 0.25)  # rad between reference and command: from here slower, up to here slowest
GAP_FLOOR = 0.2  # slowest rate for a gap: a reference out of reach must not stand for ever


class SpeedScaling:
    """Rate in [0, 1] of control's clock."""

    def __init__(self, params: ControlParams) -> None:
        self.params = params
        self.rate = 1.0
        self._report: ShieldReport | None = None
        self._heard = -np.inf  # s, ROS time

    def on_report(self, report: ShieldReport, now: float) -> None:
        self._report, self._heard = report, now

    def is_disarmed(self) -> bool:
        """True when the shield executes nothing."""
        return self._report is not None and self._report.decision == Decision.DISARMED

    def is_held(self, now: float) -> bool:
        """True when the shield keeps the arm from following, or has gone silent."""
        if self._report is None:
            return False
        is_fresh = now - self._heard <= self.params.report_max_age
        return not is_fresh or self._report.decision in HOLDING

    @property
    def allowed(self) -> float:
        """Rate that the shield leaves: votes slow the clock, so the arm is slower on its path."""
        if self._report is None or self._report.decision not in MOVING:
            return 1.0
        scale = self._report.speed_scale
        return scale if 0.0 <= scale <= 1.0 else 0.0

    def update(self, wanted: float, dt: float) -> float:
        """Move the rate towards `wanted`, without a step."""
        self.rate += min(max(wanted - self.rate, -FALL * dt), RISE * dt)
        return self.rate

    def reach(self, velocity: Array) -> Array:
        """(n,) rad, how far from the arm the command may be at `velocity` (n,) rad/s."""
        return self.params.leash + self.params.response * np.abs(velocity)

    def leash(self, lead: Array, velocity: Array, wish: Array) -> float:
        """Rate that keeps the command within the leash of the arm: 1 up to half of it, 0 at its
        end.

        `lead` (n,) rad is command less measured; `wish` (n,) rad/s where the command wants to go.
        Only joints that would lead further count: the way back to the arm is always free.
        """
        ahead = np.abs(lead) - self.params.response * np.abs(velocity)
        further = float(np.max(np.where(lead * wish > 0.0, ahead, 0.0)))
        return share(further, 0.5 * self.params.leash, self.params.leash)

    def gap(self, gap: float, tool_speed: float) -> float:
        """Rate that lets the command keep up with the reference, and the tool below its speed."""
        slower = max(share(gap, *GAP), GAP_FLOOR)
        full_speed = tool_speed / max(self.rate, 0.05)  # m/s, at rate 1
        return min(slower, self.params.tcp_speed / max(full_speed, 1e-6))


def share(value: float, begin: float, end: float) -> float:
    """1 up to `begin`, 0 from `end` on, in between a straight line."""
    return min(max((end - value) / (end - begin), 0.0), 1.0)
