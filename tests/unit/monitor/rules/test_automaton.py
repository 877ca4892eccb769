import pytest

from vla_monitor.rules.logic.automaton import Automaton
from vla_monitor.rules.logic.formula import Atom
from vla_monitor.rules.logic.grammar import parse
from vla_monitor.rules.logic.three_valued import Truth
from vla_monitor.rules.measures.predicates import PREDICATES

BITS = {Atom('holding'): 0, Atom('acting'): 1}


def play(text, letters, forgives=True):
    """The verdict at every step; a letter is (holding, acting), None for unknown."""
    automaton = Automaton(parse(text, PREDICATES), BITS, forgives)
    state, found = automaton.start, []
    for letter in letters:
        true = sum(1 << k for k, value in enumerate(letter) if value)
        unknown = sum(1 << k for k, value in enumerate(letter) if value is None)
        state, truth = automaton.step(state, true, unknown)
        found.append(truth)
    return found, automaton.value(state)


F, U, T = Truth.FALSE, Truth.UNKNOWN, Truth.TRUE


def test_a_broken_rule_is_judged_anew_at_the_next_step():
    found, _ = play('always not holding', [(0, 0), (1, 0), (0, 0), (1, 0)])
    assert found == [T, F, T, F]


def test_without_forgiving_what_is_broken_stays_broken():
    found, value = play('always not holding', [(1, 0), (0, 0)], forgives=False)
    assert found == [F, F]
    assert value == F


def test_what_is_unknown_is_said_when_it_happens_and_only_then():
    assert play('always not holding', [(None, 0), (0, 0)])[0] == [U, T]


def test_unknown_does_not_matter_where_the_rest_decides():
    assert play('always (holding or acting)', [(None, 1)])[0] == [T]


def test_next_is_broken_one_step_later():
    found, _ = play('always (holding implies weaknext acting)', [(1, 0), (0, 0), (0, 0)])
    assert found == [T, F, T]


def test_a_bound_runs_out():
    found, _ = play('always (holding implies eventually[2] acting)', [(1, 0)] + [(0, 0)] * 3)
    assert found == [T, T, F, T]


def test_the_past_is_remembered():
    found, _ = play('always (acting implies once holding)', [(0, 1), (1, 0), (0, 1)])
    assert found == [F, T, T]


def test_yesterday_of_the_first_step_is_false():
    assert play('always yesterday holding', [(1, 0), (0, 0), (0, 0)])[0] == [F, T, F]


@pytest.mark.parametrize(
    ('text', 'value'),
    [
        ('next holding', F),
        ('weaknext holding', T),
        ('eventually holding', F),
        ('always acting', T),
    ],
)
def test_the_end_of_the_trace_decides_what_is_still_owed(text, value):
    assert play(text, [(0, 1)], forgives=False)[1] == value
