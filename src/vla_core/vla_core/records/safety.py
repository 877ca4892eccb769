"""Votes, verdicts and reports: everything that may tighten motion, and what the shield did about
it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum


class Level(IntEnum):
    """Permission of a vote, the least permissive wins (values are those of SafetyVote.msg)."""

    RUN = 0
    SLOW = 1
    HOLD = 2
    STOP = 3  # latches: needs Reset


@dataclass(frozen=True)
class SafetyVote:
    """One voter's permission to move, good for `ttl` seconds from `stamp`."""

    stamp: float  # s, ROS time
    voter: str
    seq: int
    level: Level
    speed_scale: float  # [0, 1]
    ttl: float  # s
    task_id: str = ''
    reasons: tuple[str, ...] = ()


class Decision(IntEnum):
    """What the shield did in one cycle (values are those of ShieldReport.msg)."""

    DISARMED = 0
    PASS = 1
    CLIPPED = 2  # changed, to the nearest motion that is allowed
    SLOWED = 3  # scaled by votes
    HOLD = 4
    BRAKE = 5
    REJECTED = 6  # the target was invalid; braking


class ArmState(IntEnum):
    """State of the shield."""

    DISARMED = 0
    ARMED = 1
    LATCHED = 2  # a STOP or an inadmissible state; `Reset` clears it when its cause is gone


@dataclass(frozen=True)
class ShieldReport:
    """One cycle of the shield, said out loud."""

    stamp: float  # s, ROS time
    cycle: int
    state: ArmState
    decision: Decision
    reason: str  # empty when the target passed unchanged
    rules: tuple[str, ...] = ()  # ids of what was violated or binding
    tightest: str = ''  # name of the constraint with the least margin
    margin: float = 0.0  # its margin: m for distances, rad or rad/s for joints
    change: float = 0.0  # rad/s, norm of (passed - asked) joint velocity
    speed_scale: float = 1.0  # [0, 1], from the votes
    separation: float = 0.0  # m, smallest distance of a checked pair
    chunk_seq: int = -1  # of the target used
    chunk_stamp: float = 0.0  # s, observation behind the target used
    ages: dict[str, float] = field(default_factory=dict)  # s, per input
    loop_ms: float = 0.0  # work of this cycle
    period_ms: float = 0.0  # since the last cycle began


class Verdict(IntEnum):
    """Of the failure detector."""

    UNKNOWN = 0  # what it needs is missing, or of another kind than it was calibrated on
    OK = 1
    SUSPECT = 2  # slow down
    FAIL = 3  # stays so until the attempt is over


@dataclass(frozen=True)
class FailureScore:
    """How likely the attempt is to fail, as far as it has come."""

    stamp: float  # s, ROS time of the observation behind the features
    episode_id: str  # task, as in PolicyFeatures
    infer_index: int  # inferences of this attempt before this one; -1: none yet
    score: float  # no unit, larger is worse; NaN when the verdict is UNKNOWN
    threshold: float  # of the band at this index; NaN when the verdict is UNKNOWN
    alpha: float  # [0, 1], false-alarm rate the band was calibrated for; 0: not calibrated
    verdict: Verdict
    band_id: str  # which calibration made the threshold
    latency: float = 0.0  # s spent computing
    reason: str = ''  # why not OK, for people


@dataclass(frozen=True)
class Heartbeat:
    """A node is alive and says how it feels."""

    stamp: float
    node: str
    seq: int
    healthy: bool
    cycle_ms_last: float = 0.0
    cycle_ms_max: float = 0.0
    detail: str = ''
    state: str = 'active'  # of its lifecycle: unconfigured, inactive, active, finalized
