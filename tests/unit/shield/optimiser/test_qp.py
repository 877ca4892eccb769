"""The QP solver against scipy's."""

import numpy as np
from scipy.optimize import minimize

from vla_shield.optimiser.qp import solve_qp


def test_inactive_constraints_change_nothing():
    u = np.array([0.1, -0.2, 0.3])
    box = (-np.ones(3), np.ones(3))
    out = solve_qp(u, box, np.array([[1.0, 0.0, 0.0]]), np.array([-1.0]), np.eye(3), 20)
    assert np.array_equal(out, u)


def oracle(u, box, rows, floor, metric):
    cuts = [
        {'type': 'ineq', 'fun': lambda x, r=r, f=f: r @ x - f}
        for r, f in zip(rows, floor, strict=True)
    ]
    bounds = list(zip(*box, strict=True))
    found = minimize(
        lambda x: (x - u) @ metric @ (x - u), np.zeros(6), bounds=bounds, constraints=cuts
    )
    return found.x


def test_the_answer_is_the_nearest_point(rng):
    for _ in range(30):
        u = rng.uniform(-0.8, 0.8, size=6)
        box = (-np.ones(6) * 0.8, np.ones(6) * 0.8)
        rows, floor = rng.normal(size=(4, 6)), -rng.uniform(0.0, 0.5, size=4)
        half = rng.normal(size=(6, 6))
        metric = half @ half.T + np.eye(6)
        out = solve_qp(u, box, rows, floor, metric, 30000)
        assert np.linalg.norm(out - oracle(u, box, rows, floor, metric)) < 1e-2


def test_twenty_sweeps_nearly_satisfy_every_row(rng):
    worst = 0.0
    for _ in range(100):
        u = rng.uniform(-1.0, 1.0, size=6)
        rows, floor = rng.normal(size=(5, 6)), -rng.uniform(0.0, 0.5, size=5)
        out = solve_qp(u, (-np.ones(6), np.ones(6)), rows, floor, np.eye(6), 20)
        assert np.all(np.abs(out) <= 1.0)
        worst = max(worst, float((floor - rows @ out).max()))
    assert worst < 0.2  # the exact check handles the rest
