"""Learning of the rule weights from labelled pairs: theta = softplus(phi), hinge loss.

Loss of a pair: max(0, KAPPA - y (m + EPS)) with y = 1 for safe and -1 for unsafe, m the margin of
its worst circuit, and an L2 term; so weights stay positive and a rule that safe actions often
violate gets a low weight. ShieldAgent, arXiv 2503.22738, section 3.3, with a margin in the hinge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vla_core.frozen import Array
from vla_core.params import check, param
from vla_monitor.rules.logic.circuit import EPS

KAPPA = 0.2


@dataclass(frozen=True)
class LearnParams:
    """Full-batch gradient descent."""

    steps: int = param(2000, 'steps', lo=1, hi=100_000)
    rate: float = param(0.5, 'learning rate', lo=1e-4, hi=10.0)
    decay: float = param(1e-3, 'L2 penalty on the weights', lo=0.0, hi=1.0)
    start: float = param(0.5, 'initial value of every weight', lo=0.01, hi=10.0)

    def __post_init__(self) -> None:
        check(self)


def learn(
    gains: Array, safe: Array, circuits: Sequence[Sequence[int]], p: LearnParams
) -> tuple[Array, float]:
    """Return the weights (r,) and the final loss.

    `gains` (n, r): satisfied when acting minus satisfied when idle, of each rule; `safe` (n,)
    bool; `circuits`: columns of each circuit.
    """
    n, r = gains.shape
    member = np.zeros((len(circuits), r))
    for k, columns in enumerate(circuits):
        member[k, list(columns)] = 1.0
    y = np.where(safe, 1.0, -1.0)
    phi = np.full(r, np.log(np.expm1(p.start)))
    loss = np.inf
    for _ in range(p.steps):
        theta = np.logaddexp(0.0, phi)
        margins = np.tanh(0.5 * (gains * theta) @ member.T)  # (n, circuits)
        worst = margins.argmin(axis=1)
        m = margins[np.arange(n), worst]
        slack = KAPPA - y * (m + EPS)
        loss = float(np.maximum(slack, 0.0).mean() + p.decay * (theta**2).sum() / r)
        pull = np.where(slack > 0.0, -y * 0.5 * (1.0 - m * m), 0.0) / n
        slope = (pull[:, None] * gains * member[worst]).sum(axis=0) + 2.0 * p.decay * theta / r
        phi -= p.rate * slope / (1.0 + np.exp(-phi)) * n / max(np.count_nonzero(gains), 1)
    return np.logaddexp(0.0, phi), loss
