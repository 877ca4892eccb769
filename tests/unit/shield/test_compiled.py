"""Compiled functions equal their Python source, NaN included, and none compiles in a cycle."""

import importlib
import inspect
import pkgutil

import numba
import numpy as np
import pytest

import vla_shield
from vla_core import compiled as types
from vla_shield.command import ramp
from vla_shield.constraints import clearances, limits
from vla_shield.inputs import vector_checks

# of arguments; every other dimension is 6
SHAPES = {'commands': (40, 6),
    'tip': (3,), 'box': (2, 3), 'jacobian': (3, 6), 'spans': (6, 10), 'old': (6, 10),
    'span': (10,), 'rest': (10,),
}  # fmt: skip
LIMITS = {'accel', 'jerk', 'limit', 'limits', 'period', 'dt', 'links', 'tip', 'gain', 'lag'}


def everything_compiled():
    """All compiled functions of the shield by full name."""
    found = pkgutil.walk_packages(vla_shield.__path__, 'vla_shield.')
    modules = [importlib.import_module(m.name) for m in found if m.name != 'vla_shield.node']
    return {
        f'{module.__name__}.{name}': f
        for module in modules
        for name, f in vars(module).items()
        if isinstance(f, numba.core.registry.CPUDispatcher)
    }


COMPILED = everything_compiled()


def arguments(function, dice):
    """Random arguments of a function: limits are positive, indices valid."""
    made, names = [], inspect.signature(function.py_func).parameters
    for name, kind in zip(names, function.nopython_signatures[0].args, strict=True):
        if kind == types.NUMBER:
            made.append(float(dice.uniform(0.05, 1.0)))
        elif kind == types.COUNT:
            made.append(6 if 'groups' in names else int(dice.integers(1, 7)))
        elif kind == types.INDICES:
            made.append(dice.permutation(6))
        elif kind == types.FLAGS:
            made.append(dice.random(6) < 0.7)
        else:
            usual = (6, 3, 6) if kind.ndim == 3 else (6,) * kind.ndim
            shape = (6, 3) if (name, kind.ndim) == ('points', 2) else SHAPES.get(name, usual)
            values = dice.uniform(-1.0, 1.0, shape)
            made.append(np.abs(values) + 0.1 if name in LIMITS else values)
    return made


def results(function, given):
    """Its return values and its arguments afterwards, as arrays."""
    given = [np.array(x) if isinstance(x, np.ndarray) else x for x in given]
    found = function(*given)
    found = found if isinstance(found, tuple) else (found,)
    return [np.asarray(x, float) for x in (*found, *given)]


@pytest.mark.parametrize('name', COMPILED)
def test_compiled_code_equals_its_source(name):
    function = COMPILED[name]
    for seed in range(30):
        given = arguments(function, np.random.default_rng(seed))
        numeric = [k for k, x in enumerate(given) if np.asarray(x).dtype == np.float64]
        for k in (None, *numeric):
            values = [np.array(x) if isinstance(x, np.ndarray) else x for x in given]
            if k is not None and isinstance(values[k], np.ndarray):
                values[k].flat[seed % values[k].size] = np.nan
            with np.errstate(all='ignore'):
                source = results(function.py_func, values)
            for a, b in zip(results(function, values), source, strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize('name', COMPILED)
def test_nothing_compiles_in_a_cycle(name):
    function = COMPILED[name]
    given = arguments(function, np.random.default_rng(0))
    other = [x.astype(np.float32) if getattr(x, 'dtype', None) == np.float64 else x for x in given]
    with pytest.raises(TypeError):
        function(*other)
    assert len(function.signatures) == 1


def test_functions_are_compiled():
    assert len(COMPILED) >= 20


def test_an_index_out_of_range_is_an_error():
    with pytest.raises(IndexError):
        clearances.relaxed(np.array([6]), np.ones(1), np.ones(6), np.ones(6))


def test_nan_leaves_no_slack():
    nan, one, near = np.full(6, np.nan), np.ones(6), np.arange(6)
    reach = np.ones((6, 6))
    assert np.isnan(limits.position_slack(nan, one, -one, one)[1])
    assert np.isnan(limits.position_slack(one, one, -one, nan)[1])
    assert np.isnan(limits.velocity_slack(nan, one, one)[1])
    points = np.ones((2, 3, 6))
    groups, caps = np.arange(2), np.ones(3)
    assert np.isnan(limits.max_speeds(points, groups, 2, one, np.array([one, nan]))).all()
    assert np.isnan(limits.max_speeds(points, groups, 2, nan, np.array([one]))).all()
    assert np.isnan(limits.speed_ratios(points, groups, caps, nan)).all()
    assert np.isnan(limits.path_travel(one, np.array([one, nan]), one)[1])
    assert np.isnan(vector_checks.max_ratio(nan, one))
    assert np.isnan(vector_checks.max_difference(one, nan))
    assert not vector_checks.are_finite(one, nan)
    most = np.full(6, np.inf)
    assert vector_checks.select(one, one, near, -most, most)[2]
    assert not vector_checks.select(one, nan, near, -most, most)[2]
    assert not vector_checks.select(nan, one, near, -most, most)[2]
    assert not vector_checks.select(one, one, near, -most, 0.5 * one)[2]
    assert not vector_checks.select(one, one, near, 2.0 * one, most)[2]
    assert clearances.pairs_in_reach(nan, one, reach, one, near >= 0).tolist() == near.tolist()
    assert (
        clearances.pairs_in_reach(9.0 * one, one, reach, nan, near >= 0).tolist() == near.tolist()
    )
    assert clearances.closing_pairs(near, nan, reach, one, 0.0).tolist() == near.tolist()
    assert clearances.closing_pairs(near, 9.0 * one, reach, nan, 0.0).tolist() == near.tolist()
    assert np.isnan(clearances.relaxed(near, nan, one, np.full(6, np.inf))).all()
    assert np.isnan(clearances.tightest(near, nan, one)[1])
    box = np.array([[-1.0] * 3, [1.0] * 3])
    assert limits.may_leave_workspace(np.zeros(3), box, one, nan)
    assert limits.may_leave_workspace(np.full(3, np.nan), box, one, 0.0 * one)
    assert len(limits.workspace_sides(np.zeros(3), box, np.ones((3, 6)), nan)[0]) == 6


def test_nan_passes_through_a_ramp():
    for k in range(3):
        given = [np.zeros(6) for _ in range(3)]
        given[k][2] = np.nan
        made = ramp.Ramp(*given, np.ones(6), np.ones(6))
        assert np.isnan(made.end[2])
        assert np.isnan(made.sample(np.array([0.0, 0.1]))[0][:, 2]).all()
        assert k == 0 or np.isnan(made.duration)
