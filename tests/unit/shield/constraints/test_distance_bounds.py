"""Bounds of distances never promise more than what is measured."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from rig import load

from vla_shield.constraints.checker import ConstraintChecker
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.constraints.distance_bounds import DistanceBounds
from vla_shield.params import ShieldParams

SAME = 1e-6  # m, what two measurements of one distance differ by
PLACE = np.eye(4)
PLACE[:3, 3] = (0.5, 0.0, 0.1)


@pytest.fixture
def body():
    made = CollisionModel(ShieldParams(), load('ur5e'))
    made.set_box(made.slots[0], np.full(3, 0.1), PLACE)
    made.is_active[made.second == made.slots[0]] = True
    return made


def shortfall(body, known, q, off=None):
    """How far below its bound any pair that counts is, m."""
    pairs = np.flatnonzero(body.is_active)
    bound = known.lower(q, off)
    return float((bound[pairs] - body.distances(q if off is None else q + off, pairs)).max())


def test_the_bound_holds_wherever_the_arm_moves_and_is_off(body):
    known, dice = DistanceBounds(body), np.random.default_rng(0)
    q = np.array(load('ur5e').home)
    known.measure_all(q)
    for _ in range(60):
        q = q + dice.uniform(-0.02, 0.02, 6)
        assert shortfall(body, known, q) <= SAME
        assert shortfall(body, known, q, dice.uniform(-0.03, 0.03, 6)) <= SAME


def test_the_bound_holds_while_the_fingers_move(body):
    known, dice = DistanceBounds(body), np.random.default_rng(0)
    q, width = np.array(load('ur5e').home), 0.08
    known.measure_all(q)
    for _ in range(60):
        width = float(np.clip(width + dice.uniform(-0.008, 0.008), 0.0, 0.085))
        body.set_width(width)
        assert shortfall(body, known, q) <= SAME


def test_what_is_measured_on_the_way_is_known_from_there(body):
    known, q = DistanceBounds(body), np.array(load('ur5e').home)
    known.measure_all(q)
    pairs, there = np.flatnonzero(body.is_active)[::3], q + 0.4
    distances = body.distances(there, pairs)
    loose = known.lower(there, None)[pairs]
    known.update(pairs, distances, there)
    assert known.lower(there, None)[pairs] == pytest.approx(distances)
    assert (loose < distances - 0.01).any()
    assert shortfall(body, known, there + 0.01) <= SAME


def test_what_was_never_measured_may_be_anywhere(body):
    bound = DistanceBounds(body).lower(np.array(load('ur5e').home), None)
    assert np.isnan(bound[body.is_active]).all()
    assert (bound[~body.is_active] == np.inf).all()


def test_in_a_cycle_only_what_may_be_near_is_measured(body, monkeypatch):
    guard = ConstraintChecker(ShieldParams(), load('ur5e'), body)
    q = np.array(load('ur5e').home)
    guard.on_scene(q)
    measured, distances = [], body.distances
    monkeypatch.setattr(body, 'distances', lambda q, p: measured.append(len(p)) or distances(q, p))
    for k in range(200):
        guard.prepare(q + 0.006 * k * np.array([1, 0, 0, 0, 0, 0]), np.full(6, 0.01))
    assert max(measured) < 0.3 * body.is_active.sum()


def test_a_bound_that_forgot_the_fingers_would_promise_too_much(body):
    known, q = DistanceBounds(body), np.array(load('ur5e').home)
    body.set_width(0.07)
    known.measure_all(q)
    body.set_width(0.079)
    known._widths[:] = 0.079
    assert shortfall(body, known, q) > 0.001
