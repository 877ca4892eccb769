"""Bounds of distances never promise more than what is measured."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from rig import load

from vla_shield.body import Body
from vla_shield.known import Known
from vla_shield.params import ShieldParams

SAME = 1e-6  # m, what two measurements of one distance differ by
PLACE = np.eye(4)
PLACE[:3, 3] = (0.5, 0.0, 0.1)


@pytest.fixture
def body():
    made = Body(ShieldParams(), load('ur5e'))
    made.set_box(made.slots[0], np.full(3, 0.1), PLACE)
    made.is_active[made.second == made.slots[0]] = True
    return made


def shortfall(body, known, q, off=None):
    """How far below its bound any pair that counts is, m."""
    pairs = np.flatnonzero(body.is_active)
    bound = known.bound(q, off)
    return float((bound[pairs] - body.distances(q if off is None else q + off, pairs)).max())


def test_the_bound_holds_wherever_the_arm_moves_and_is_off(body):
    known, dice = Known(body), np.random.default_rng(0)
    q = np.array(load('ur5e').home)
    for _ in range(60):
        q = q + dice.uniform(-0.02, 0.02, 6)
        assert shortfall(body, known, q) <= SAME
        assert shortfall(body, known, q, dice.uniform(-0.03, 0.03, 6)) <= SAME


def test_the_bound_holds_while_the_fingers_move(body):
    known, dice = Known(body), np.random.default_rng(0)
    q, width = np.array(load('ur5e').home), 0.08
    for _ in range(60):
        width = float(np.clip(width + dice.uniform(-0.008, 0.008), 0.0, 0.085))
        body.set_width(width)
        assert shortfall(body, known, q) <= SAME


def test_a_bound_that_forgot_the_fingers_would_promise_too_much(body):
    known, q = Known(body), np.array(load('ur5e').home)
    body.set_width(0.07)
    known.measure(q)
    body.set_width(0.079)
    known._width = 0.079
    assert shortfall(body, known, q) > 0.001
