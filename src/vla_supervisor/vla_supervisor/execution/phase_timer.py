"""Time limits of one phase."""

from __future__ import annotations

from vla_core.records.task import Phase, TaskStatus
from vla_supervisor.params import ExecutiveParams


class PhaseTimer:
    """Measures one phase without its pauses. Times: ROS time, s."""

    def __init__(self, params: ExecutiveParams) -> None:
        self.params = params
        self._began = 0.0  # of the phase, later by its pauses
        self._ticked = 0.0
        self._stuck_since: float | None = None  # since when a planned move reports a problem

    def begin(self, now: float) -> None:
        """Start a phase."""
        self._began, self._stuck_since = now, None

    def tick(self, now: float, is_paused: bool, rate: float = 1.0) -> None:
        """Advance to `now`; the time since the last tick does not count when paused, and counts
        `rate` times when the robot's speed is scaled."""
        counted = 0.0 if is_paused else rate
        self._began += (1.0 - counted) * max(now - self._ticked, 0.0)
        self._ticked = now

    def on_clock_jump(self, step: float) -> None:
        """Keep all durations when ROS time jumps by `step` s."""
        self._began, self._ticked = self._began + step, self._ticked + step
        if self._stuck_since is not None:
            self._stuck_since += step

    def elapsed(self, now: float) -> float:
        """Return the time in the phase without pauses."""
        return now - self._began

    def timeout(self, status: TaskStatus, missing: str, now: float) -> str:
        """Return why the phase has timed out; empty when it has not."""
        p, elapsed = self.params, self.elapsed(now)
        if status.phase == Phase.RUNNING:
            text = f'not done within {p.attempt_timeout:g} s (attempt {status.attempt})'
            reason = missing or 'no scene received'
            return f'{text}: {reason}' if elapsed >= p.attempt_timeout else ''
        limit = p.rollback_timeout if status.phase == Phase.ROLLBACK else p.move_timeout
        return f'{status.phase.name} timed out after {limit:g} s' if elapsed >= limit else ''

    def lasting(self, problem: str, now: float) -> str:
        """Return the problem of a planned move once it has lasted; else empty."""
        if not problem or self._stuck_since is None:
            self._stuck_since = now if problem else None
        if self._stuck_since is None or now - self._stuck_since < self.params.stuck_patience:
            return ''
        return problem
