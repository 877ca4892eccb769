"""Simpler verdicts beside the circuit's: what is counted, and that weights can matter."""

import dataclasses

import pytest

from vla_bench.rules import control, pairs
from vla_core.robot.config import load_robot
from vla_core.robot.model import RobotModel
from vla_core.stack_root import stack_root
from vla_monitor.rules.ruleset import load_rules


@pytest.fixture(scope='module')
def rows():
    return pairs.read(stack_root() / pairs.PAIRS)[::4]


@pytest.fixture(scope='module')
def rules():
    return load_rules()


@pytest.fixture(scope='module')
def model():
    return RobotModel(load_robot('ur5e'))


def test_the_circuit_and_its_weights_can_be_replaced_by_and(rows, rules, model):
    figures, notes = control.compare(rows, rules, model)
    found = {figure.name: figure for figure in figures}
    for name in (control.AND, *(n for n in control.variants(rules) if n != control.CLAIM)):
        assert found[f'{name}: same verdict as the circuit'].value == 1.0
    assert f'{control.AND}: 0 of {len(rows)} verdicts differ' in notes[0]
    assert 'can be replaced' in notes[0]


def test_what_must_fail_does(rows, rules, model):
    figures, _ = control.compare(rows, rules, model)
    failing = [f for f in figures if f.name.startswith(control.MUST_FAIL) and f.bound]
    assert [(f.bound, f.ok) for f in failing] == [('< 0.95', True)] * len(control.MUST_FAIL)


def test_weights_that_matter_are_seen_to(rows, rules, model):
    """Without weight a broken rule denies nothing: verdicts differ from AND's."""
    none = dataclasses.replace(rules, weights=dict.fromkeys(rules.weights, 0.0))
    figures, notes = control.compare(rows, none, model)
    found = {figure.name: figure for figure in figures}
    assert found[f'{control.AND}: same verdict as the circuit'].value < 1.0
    assert 'can be replaced' not in notes[0]
