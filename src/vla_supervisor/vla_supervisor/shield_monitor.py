"""Is the shield well, and does it let anything through? Held for long is not held briefly."""

from __future__ import annotations

from dataclasses import dataclass

from vla_core.params import check, param
from vla_core.records.safety import ArmState, Decision, ShieldReport

STILL = (Decision.HOLD, Decision.BRAKE, Decision.REJECTED)


@dataclass(frozen=True)
class ShieldMonitorParams:
    """How long the shield may be silent or disarmed while a task wants to move."""

    arm_grace: float = param(1.0, 's, from the start of a phase to armed', lo=0.0, hi=10.0)
    report_age: float = param(0.5, 's, older than this the shield is silent', lo=0.05, hi=5.0)

    def __post_init__(self) -> None:
        check(self)


class ShieldMonitor:
    """Follows the shield's reports through one phase."""

    def __init__(self, params: ShieldMonitorParams) -> None:
        self.params = params
        self._moved = 0.0  # s, when something passed last

    def begin(self, now: float) -> None:
        """A phase begins: nothing has been held yet."""
        self._moved = now

    def put(self, report: ShieldReport) -> None:
        """Take a report in."""
        if report.decision not in STILL:
            self._moved = max(self._moved, report.stamp)

    def lacks(self, report: ShieldReport | None, now: float) -> str:
        """Return why a task cannot begin to move; empty when it can."""
        if report is None or not 0.0 <= now - report.stamp + 1e-3 <= self.params.report_age:
            return 'the shield is silent'
        if report.state == ArmState.DISARMED:
            return 'the shield is disarmed: arm it first'
        if report.state == ArmState.LATCHED:
            return f'the shield is latched: {report.reason}; clear the cause and reset it'
        return ''

    def fatal(self, report: ShieldReport | None, since: float, now: float) -> str:
        """Return why nothing moves any more in a phase begun at `since`; empty while it may."""
        lacking = self.lacks(report, now)
        is_latched = report is not None and report.state == ArmState.LATCHED
        return lacking if is_latched or now - since >= self.params.arm_grace else ''

    def held(self, now: float) -> float:
        """Return for how long, s, nothing has passed."""
        return now - self._moved
