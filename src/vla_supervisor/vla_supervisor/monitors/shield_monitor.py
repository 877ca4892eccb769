"""State of the shield from its reports, and for how long it has blocked all motion."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vla_core.params import check, param
from vla_core.records.safety import SCALING, ArmState, Decision, ShieldReport

NO_MOTION = (Decision.HOLD, Decision.BRAKE, Decision.REJECTED)


@dataclass(frozen=True)
class ShieldMonitorParams:
    """How long the shield may be silent or disarmed in a phase that moves."""

    arm_grace: float = param(1.0, 's, from the start of a phase to armed', lo=0.0, hi=10.0)
    report_age: float = param(0.5, 's, maximum age of a report', lo=0.05, hi=5.0)

    def __post_init__(self) -> None:
        check(self)


class ShieldMonitor:
    """Follows the shield's reports through one phase."""

    def __init__(self, params: ShieldMonitorParams) -> None:
        self.params = params
        self.report: ShieldReport | None = None  # newest
        self._moved = 0.0  # s, last report of motion

    def begin(self, now: float) -> None:
        """Start a phase: the held time counts from now."""
        self._moved = now

    def on_report(self, report: ShieldReport) -> None:
        """Store a report."""
        self.report = report
        if report.decision not in NO_MOTION:
            self._moved = max(self._moved, report.stamp)

    def on_clock_jump(self, step: float) -> None:
        """Keep all durations when ROS time jumps by `step` s."""
        self._moved += step
        if self.report is not None:
            self.report = replace(self.report, stamp=self.report.stamp + step)

    def not_ready(self, now: float) -> str:
        """Return why motion cannot begin; empty when it can."""
        report = self.report
        if report is None or not 0.0 <= now - report.stamp + 1e-3 <= self.params.report_age:
            return 'no report from the shield'
        if report.state == ArmState.DISARMED:
            return 'the shield is disarmed: arm it first'
        if report.state == ArmState.LATCHED:
            return f'the shield is latched: {report.reason}; clear the cause and reset it'
        return ''

    def fatal(self, since: float, now: float) -> str:
        """Return why a phase that began at `since` s cannot move any more; empty while it can."""
        reason = self.not_ready(now)
        is_latched = self.report is not None and self.report.state == ArmState.LATCHED
        return reason if is_latched or now - since >= self.params.arm_grace else ''

    @property
    def rate(self) -> float:
        """Share of full speed that the robot's speed slider allows."""
        report = self.report
        is_scaled = report is not None and SCALING in report.rules
        return report.speed_scale if report is not None and is_scaled else 1.0

    def held(self, now: float) -> float:
        """Return for how long, s, the shield has blocked all motion."""
        return now - self._moved

    @property
    def held_reason(self) -> str:
        """Reason of the newest report, else its decision."""
        return (self.report.reason or self.report.decision.name) if self.report else ''
