"""Reaction bounds are longer on a slower machine, and never shorter than the contract."""

import pytest

from vla_bench.faults import bounds
from vla_bench.faults.bounds import CONTRACT_PYTHON_MS, ReactionBounds, stretched


@pytest.mark.parametrize(('speed', 'limit'), [(0.5, 30.0), (1.0, 30.0), (2.0, 60.0)])
def test_only_a_slower_machine_stretches_a_bound(monkeypatch, speed, limit):
    monkeypatch.setattr(bounds, 'python_ms', lambda: speed * CONTRACT_PYTHON_MS)
    assert stretched(30.0) == pytest.approx(limit)


def test_the_arm_s_own_motion_is_not_stretched_and_the_contract_is_named(monkeypatch):
    monkeypatch.setattr(bounds, 'python_ms', lambda: 2.0 * CONTRACT_PYTHON_MS)
    figure = ReactionBounds(1.5).figure('F3 arm stands', 0.2, 60.0, after=30.0)
    assert (figure.name, figure.bound) == ('F3 arm stands (contract 90 ms)', '<= 210')
    assert figure.ok
    assert not ReactionBounds().figure('F3 arm stands', 0.2, 60.0, after=30.0).ok
