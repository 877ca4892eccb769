"""When control works: half a period after the shield, so that every target is fresh when used and
none comes in the very moment in which the shield looks."""

from __future__ import annotations

OFFSET = 0.5  # of a period, after the shield's cycle
GAIN = 0.05  # of the way there that is made up per cycle
MAX_CORRECTION = 0.02  # of a period, longest correction of one cycle


def next_period(now: float, reported: float, period: float) -> float:
    """Return s until the next cycle: `period`, a little more or less to keep the distance to the
    shield's cycle, which was at `reported` s."""
    late = (now - reported - OFFSET * period) % period
    error = late if late <= 0.5 * period else late - period
    correction = min(max(GAIN * error, -MAX_CORRECTION * period), MAX_CORRECTION * period)
    return period - correction
