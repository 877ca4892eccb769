"""Lower bounds of distances never exceed the measured distances."""

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

PRECISION = 1e-6  # m, of a measurement
POSE = np.eye(4)
POSE[:3, 3] = (0.5, 0.0, 0.1)


@pytest.fixture
def model():
    made = CollisionModel(ShieldParams(), load('ur5e'))
    made.set_box(made.slots[0], np.full(3, 0.1), POSE)
    made.is_active[made.second == made.slots[0]] = True
    return made


def shortfall(model, bounds, q, offset=None):
    """m, by which the distance of any active pair is below its bound."""
    pairs = np.flatnonzero(model.is_active)
    lower = bounds.lower(q, offset)
    return float(
        (lower[pairs] - model.distances(q if offset is None else q + offset, pairs)).max()
    )


def test_bounds_hold_while_the_arm_moves_and_has_an_offset(model):
    bounds, dice = DistanceBounds(model), np.random.default_rng(0)
    q = np.array(load('ur5e').home)
    bounds.measure_all(q)
    for _ in range(60):
        q = q + dice.uniform(-0.02, 0.02, 6)
        assert shortfall(model, bounds, q) <= PRECISION
        assert shortfall(model, bounds, q, dice.uniform(-0.03, 0.03, 6)) <= PRECISION


def test_bounds_hold_while_the_fingers_move(model):
    bounds, dice = DistanceBounds(model), np.random.default_rng(0)
    q, width = np.array(load('ur5e').home), 0.08
    bounds.measure_all(q)
    for _ in range(60):
        width = float(np.clip(width + dice.uniform(-0.008, 0.008), 0.0, 0.085))
        model.set_width(width)
        assert shortfall(model, bounds, q) <= PRECISION


def test_a_new_measurement_tightens_the_bound(model):
    bounds, q = DistanceBounds(model), np.array(load('ur5e').home)
    bounds.measure_all(q)
    pairs, there = np.flatnonzero(model.is_active)[::3], q + 0.4
    distances = model.distances(there, pairs)
    loose = bounds.lower(there, None)[pairs]
    bounds.update(pairs, distances, there)
    assert bounds.lower(there, None)[pairs] == pytest.approx(distances)
    assert (loose < distances - 0.01).any()
    assert shortfall(model, bounds, there + 0.01) <= PRECISION


def test_a_pair_never_measured_has_no_bound(model):
    lower = DistanceBounds(model).lower(np.array(load('ur5e').home), None)
    assert np.isnan(lower[model.is_active]).all()
    assert (lower[~model.is_active] == np.inf).all()


def test_a_cycle_measures_only_pairs_that_may_be_near(model, monkeypatch):
    checker = ConstraintChecker(ShieldParams(), load('ur5e'), model)
    q = np.array(load('ur5e').home)
    checker.on_scene(q)
    measured, distances = [], model.distances
    monkeypatch.setattr(
        model, 'distances', lambda q, p: measured.append(len(p)) or distances(q, p)
    )
    for k in range(200):
        checker.prepare(q + 0.006 * k * np.array([1, 0, 0, 0, 0, 0]), np.full(6, 0.01))
    assert max(measured) < 0.3 * model.is_active.sum()


def test_a_bound_without_the_fingers_would_be_too_large(model):
    bounds, q = DistanceBounds(model), np.array(load('ur5e').home)
    model.set_width(0.07)
    bounds.measure_all(q)
    model.set_width(0.079)
    bounds._widths[:] = 0.079
    assert shortfall(model, bounds, q) > 0.001
