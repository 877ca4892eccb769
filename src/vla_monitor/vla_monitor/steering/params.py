"""Parameters of the steering verifier."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vla_core.frozen import Array
from vla_core.params import check, param


@dataclass(frozen=True)
class DryRunParams:
    """Limits of the predicted shield reaction to a candidate."""

    stride: int = param(3, 'rows of a chunk per inverse kinematics solution', lo=1, hi=16)
    unreachable: float = param(0.03, 'm, largest residual of the IK', lo=1e-3, hi=0.3)
    outside: float = param(0.02, 'm, largest excess over the workspace', lo=0.0, hi=0.2)
    intrusion: float = param(
        0.05, 'm, largest clearance violation; the shield avoids less', lo=0.001, hi=0.2
    )
    soon: float = param(
        0.5, 'fraction of a chunk with clearance checks; a newer one follows', lo=0.1, hi=1.0
    )
    change: float = param(0.3, 'largest share of motion the shield removes', lo=0.01, hi=1.0)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class CandidateScoreParams:
    """Scoring and acceptance of candidates."""

    accept: float = param(0.36, 'least score of an accepted candidate', lo=0.0, hi=1.0)
    scale: float = param(1.0, 'm of progress per unit of score', lo=0.01, hi=2.0)
    neutral: float = param(0.5, 'score of a candidate without progress', lo=0.0, hi=1.0)
    doubt: float = param(0.05, 'score penalty per late fault', lo=0.0, hi=1.0)
    late: float = param(
        0.55, 'least score of stage A when stage B ran out of time', lo=0.0, hi=1.0
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class TwinParams:
    """The digital twin of stage B."""

    is_on: bool = param(True, 'simulate near grips and releases; off: stage A only')
    budget: float = param(0.35, 's, for both stages', lo=0.01, hi=2.0)
    timestep: float = param(0.004, 's, physics time step', lo=0.001, hi=0.005)
    event: float = param(1.0, 's, simulate when a grip or release is nearer', lo=0.1, hi=3.0)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class VerifierParams:
    """Parameters of the verifier."""

    is_on: bool = param(True, 'off: the first candidate is executed')
    joints_max_age: float = param(0.2, 's, joint sample to observation', lo=0.01, hi=1.0)
    scene_max_age: float = param(1.0, 's, scene to observation', lo=0.05, hi=5.0)
    patience: int = param(
        6, 'inferences in a row without an accepted candidate before HOLD', lo=1, hi=20
    )
    margin: float = param(
        0.03, 'least score advantage over the first, most likely candidate', lo=0, hi=1
    )
    vote_ttl: float = param(0.3, 's, time to live of a vote', lo=0.05, hi=1.0)
    correction_speed: float = param(0.06, 'm/s, speed of a correction', lo=0.005, hi=0.25)
    correction_turn: float = param(0.4, 'rad/s, turn rate of a correction', lo=0.05, hi=2.0)
    dry_run: DryRunParams = field(default_factory=DryRunParams)
    judge: CandidateScoreParams = field(default_factory=CandidateScoreParams)
    twin: TwinParams = field(default_factory=TwinParams)

    def __post_init__(self) -> None:
        check(self)


def ranks(scores: Array, params: VerifierParams) -> Array:
    """Return the ranking values (k,): the scores, with `margin` added to the first candidate,
    which is sampled near the policy's mean. Smaller differences are noise: following them would
    change direction at every inference."""
    ranked = np.array(scores)
    ranked[:1] += params.margin
    return ranked
