"""Synchronises control's cycle with the shield's, half a period apart: every target is fresh when
the shield reads it, and none arrives at the moment of reading."""

from __future__ import annotations

OFFSET = 0.5  # of a period, after the shield's cycle
GAIN = 0.05  # share of the phase error corrected per cycle
MAX_CORRECTION = 0.02  # of a period, per cycle


def next_period(now: float, reported: float, period: float) -> float:
    """Return the time until the next cycle, s: `period`, corrected towards OFFSET after the
    shield's cycle, which was at `reported` s."""
    late = (now - reported - OFFSET * period) % period
    error = late if late <= 0.5 * period else late - period
    correction = min(max(GAIN * error, -MAX_CORRECTION * period), MAX_CORRECTION * period)
    return period - correction
