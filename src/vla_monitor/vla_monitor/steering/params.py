"""Parameters of the steering verifier."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vla_core.frozen import Array
from vla_core.params import check, param


@dataclass(frozen=True)
class DryRunParams:
    """How much the shield may have to change before a candidate is refused."""

    stride: int = param(3, 'rows of a chunk between two that are solved for joints', lo=1, hi=16)
    unreachable: float = param(0.03, 'm, tool off its path: no joints lead there', lo=1e-3, hi=0.3)
    outside: float = param(0.02, 'm out of the workspace, more is refused', lo=0.0, hi=0.2)
    intrusion: float = param(
        0.05, 'm into a clearance, more is refused; less is steered around', lo=0.001, hi=0.2
    )
    soon: float = param(
        0.5, 'of a chunk, in which clearances count; a newer one follows', lo=0.1, hi=1.0
    )
    change: float = param(0.3, 'share of the motion the shield would take away', lo=0.01, hi=1.0)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class CandidateScoreParams:
    """What is good enough."""

    accept: float = param(0.36, 'score of a candidate that is good enough', lo=0.0, hi=1.0)
    scale: float = param(1.0, 'm of progress that a point takes', lo=0.01, hi=2.0)
    neutral: float = param(0.5, 'score of no progress at all', lo=0.0, hi=1.0)
    doubt: float = param(0.05, 'of the score, for what may go wrong later on', lo=0.0, hi=1.0)
    late: float = param(
        0.55, 'score that stage A must give when stage B ran out of time', lo=0.0, hi=1.0
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class TwinParams:
    """The digital twin of stage B."""

    is_on: bool = param(True, 'simulate where it can pay; off: stage A decides alone')
    budget: float = param(0.35, 's, for both stages', lo=0.01, hi=2.0)
    timestep: float = param(0.004, 's, of its physics', lo=0.001, hi=0.005)
    event: float = param(1.0, 's ahead, a grip or release nearer than this pays', lo=0.1, hi=3.0)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class VerifierParams:
    """Everything a deployment may set."""

    is_on: bool = param(True, 'off: the first candidate passes')
    joints_max_age: float = param(0.2, 's, of a joint sample to the observation', lo=0.01, hi=1.0)
    scene_max_age: float = param(1.0, 's, of the scene behind the candidates', lo=0.05, hi=5.0)
    patience: int = param(
        6, 'inferences in a row without a good candidate; then hold and ask', lo=1, hi=20
    )
    margin: float = param(
        0.03, 'a later candidate scores this much more than the first, the likeliest', lo=0, hi=1
    )
    vote_ttl: float = param(0.3, 's', lo=0.05, hi=1.0)
    correction_speed: float = param(0.06, 'm/s, of a corrected motion', lo=0.005, hi=0.25)
    correction_turn: float = param(0.4, 'rad/s, of a corrected turn', lo=0.05, hi=2.0)
    dry_run: DryRunParams = field(default_factory=DryRunParams)
    judge: CandidateScoreParams = field(default_factory=CandidateScoreParams)
    twin: TwinParams = field(default_factory=TwinParams)

    def __post_init__(self) -> None:
        check(self)


def ranks(scores: Array, params: VerifierParams) -> Array:
    """By what candidates are ordered, (k,): scores, of the first, drawn near the middle of what
    the policy would do, with the margin. Small differences are noise: who follows them turns about
    at every inference."""
    ranked = np.array(scores)
    ranked[:1] += params.margin
    return ranked
