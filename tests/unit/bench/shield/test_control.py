"""What rollouts with and without the shield must show."""

from argparse import Namespace
from dataclasses import replace

import pytest

from vla_bench.shield.control import unshielded_figures
from vla_bench.shield.rollouts import RolloutTotals, rollouts, shielded_figures
from vla_bench.shield.trial import ShieldOutcome


def outcome(contacts=0, tick=1.0):
    return ShieldOutcome(0, contacts, contacts, 0, 0, 0.2, 1.0, (tick,) * 10, 2.0)


def of(name, figures):
    return next(figure for figure in figures if figure.name.endswith(name))


def test_without_the_shield_contacts_must_be_common():
    harmful = unshielded_figures(RolloutTotals((outcome(3),) * 20))
    harmless = unshielded_figures(RolloutTotals((outcome(),) * 20))
    for name in ('touched itself', 'touched the table'):
        assert of(name, harmful).ok
        assert not of(name, harmless).ok


def test_one_contact_with_the_shield_is_one_too_many():
    clean = RolloutTotals((outcome(),) * 2000)
    assert of('touched the table', shielded_figures(clean, 0.25)).ok
    touched = RolloutTotals((*(outcome(),) * 1999, outcome(1)))
    assert not of('touched the table', shielded_figures(touched, 0.25)).ok


def test_the_cycle_is_compared_with_python_where_it_was_played():
    figures = shielded_figures(RolloutTotals((outcome(tick=1.1),) * 20), 0.25)
    ratio = of('cycle, p99', figures)
    assert (ratio.value, ratio.unit, ratio.ok) == (pytest.approx(0.55), 'python_ms', True)
    assert of('cycle, p99, ms', figures).value == pytest.approx(1.1)
    slow = shielded_figures(RolloutTotals((outcome(tick=1.3),) * 20), 0.25)
    assert not of('cycle, p99', slow).ok


def test_the_control_plays_the_first_of_the_same_seeds():
    args = Namespace(rollouts=3, unshielded=2, robot='ur5e', seed=5, seconds=1.0, tcp_speed=0.25)
    found = [(plan.seed, plan.is_shielded) for plan in rollouts(args)]
    assert found == [(5, True), (6, True), (7, True), (5, False), (6, False)]


def test_a_robot_with_two_arms_has_their_contacts_and_twice_the_time():
    clean = RolloutTotals((outcome(tick=2.2),) * 100)
    figures = shielded_figures(clean, 0.25, arms=2)
    assert of('touched each other', figures).ok
    assert of('cycle, p99', figures).ok
    assert not any('each other' in figure.name for figure in shielded_figures(clean, 0.25))
    touched = RolloutTotals((*clean.outcomes, replace(outcome(), arm_contacts=1)))
    assert not of('touched each other', shielded_figures(touched, 0.25, arms=2)).ok
    assert not of('touched each other', unshielded_figures(clean, arms=2)).ok
