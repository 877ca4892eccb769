"""Votes and verdicts that restrict motion, and reports of the shield and of nodes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

SCALING = 'scaling'  # rule in a report: the controller scales the speed of the arm


class Level(IntEnum):
    """Permission of a vote; the least permissive wins (values of SafetyVote.msg)."""

    RUN = 0
    SLOW = 1
    HOLD = 2
    STOP = 3  # latches until Reset


@dataclass(frozen=True)
class SafetyVote:
    """One voter's permission to move, valid for `ttl` seconds from `stamp`."""

    stamp: float  # s, ROS time
    voter: str
    seq: int
    level: Level
    speed_scale: float  # [0, 1]
    ttl: float  # s
    task_id: str = ''
    reasons: tuple[str, ...] = ()


class Decision(IntEnum):
    """Action of the shield in one cycle (values of ShieldReport.msg)."""

    DISARMED = 0
    PASS = 1
    CLIPPED = 2  # replaced by the nearest admissible motion
    SLOWED = 3  # scaled by votes
    HOLD = 4
    BRAKE = 5
    REJECTED = 6  # the target was invalid; braking


class ArmState(IntEnum):
    """State of the shield."""

    DISARMED = 0
    ARMED = 1
    LATCHED = 2  # STOP vote or inadmissible state; `Reset` clears it once the cause is gone


@dataclass(frozen=True)
class ShieldReport:
    """Report of one cycle of the shield."""

    stamp: float  # s, ROS time
    cycle: int
    state: ArmState
    decision: Decision
    reason: str  # empty when the target passed unchanged
    rules: tuple[str, ...] = ()  # ids of violated or binding constraints
    tightest: str = ''  # name of the constraint with the least clearance
    margin: float = 0.0  # its clearance: m for distances, rad or rad/s for joints
    change: float = 0.0  # rad/s, norm of (passed - commanded) joint velocity
    speed_scale: float = 1.0  # [0, 1], from the votes
    separation: float = 0.0  # m, smallest distance of a checked pair
    chunk_seq: int = -1  # of the target used
    chunk_stamp: float = 0.0  # s, stamp of the observation behind the target used
    held: tuple[str, ...] = ()  # arms that stand while others may move, each with its reason
    ages: dict[str, float] = field(default_factory=dict)  # s, per input
    loop_ms: float = 0.0  # computation time of this cycle
    period_ms: float = 0.0  # since the start of the last cycle


class Verdict(IntEnum):
    """Verdict of the failure detector."""

    UNKNOWN = 0  # inputs are missing, or not of the kind it was calibrated on
    OK = 1
    SUSPECT = 2  # slow down
    FAIL = 3  # latched until the attempt is over


@dataclass(frozen=True)
class FailureScore:
    """Score of the failure detector for the attempt so far."""

    stamp: float  # s, ROS time of the observation behind the features
    episode_id: str  # task, as in PolicyFeatures
    infer_index: int  # index of the inference within the attempt; -1: none yet
    score: float  # dimensionless, larger is worse; NaN when the verdict is UNKNOWN
    threshold: float  # of the band at this index; NaN when the verdict is UNKNOWN
    alpha: float  # [0, 1], false-alarm rate the band was calibrated for; 0: not calibrated
    verdict: Verdict
    band_id: str  # calibration that the threshold is from
    latency: float = 0.0  # s, computation time
    reason: str = ''  # why it is not OK, for people


@dataclass(frozen=True)
class Heartbeat:
    """Liveness and health of a node."""

    stamp: float
    node: str
    seq: int
    healthy: bool
    cycle_ms_last: float = 0.0
    cycle_ms_max: float = 0.0
    detail: str = ''
    state: str = 'active'  # of its lifecycle: unconfigured, inactive, active, finalized
