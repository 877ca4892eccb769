import pytest

from vla_monitor.rules.logic.formula import Atom, Binary, Compare, Unary, text_of
from vla_monitor.rules.logic.grammar import parse
from vla_monitor.rules.logic.three_valued import RuleError
from vla_monitor.rules.measures.predicates import PREDICATES


def read(text):
    return parse(text, PREDICATES)


def test_implication_binds_to_the_right_and_looser_than_or():
    found = read('holding implies picking implies running or acting')
    inner = Binary('or', Atom('running'), Atom('acting'))
    assert found == Binary(
        'implies', Atom('holding'), Binary('implies', Atom('picking'), inner)
    )  # fmt: skip


def test_short_and_long_words_mean_the_same():
    short = read('G (holding -> !picking U X running)')
    assert short == read('always (holding implies not picking until next running)')


def test_a_number_may_carry_the_unit_of_its_quantity():
    assert read('tool_height <= -0.5 m') == Compare('tool_height', '<=', -0.5)


def test_the_wrong_unit_is_refused():
    with pytest.raises(RuleError, match=r'tool_speed is in m/s, not m$'):
        read('tool_speed < 0.2 m')


def test_quantities_of_different_units_cannot_be_compared():
    with pytest.raises(RuleError, match='cannot be compared'):
        read('tool_speed < tool_height')


def test_a_bound_counts_steps():
    assert read('eventually[3] holding') == Unary('eventually', Atom('holding'), 3)


@pytest.mark.parametrize(
    ('text', 'says'),
    [
        ('holdign', "column 1: no predicate 'holdign'; near: holding"),
        ('holding and', 'column 12: expected a predicate'),
        ('(holding', r"column 9: expected '\)'"),
        ('holding acting', 'column 9: expected an operator or the end'),
        ('tool_height', 'expected a comparison, because tool_height is a number'),
        ('holding; import os', "column 8: unexpected ';'"),
        ('once eventually holding', "future operator 'eventually' inside past operator 'once'"),
        ('eventually[0.5] holding', 'a whole number of steps'),
        ('holding == true', 'expected an operator'),
        ('(' * 300 + 'holding', 'nested deeper'),
    ],
)
def test_what_is_no_formula_is_refused_at_its_column(text, says):
    with pytest.raises(RuleError, match=says):
        read(text)


def test_printing_leaves_out_brackets_that_change_nothing():
    text = 'always (a_b implies c)'.replace('a_b', 'holding').replace('c)', 'running and acting)')
    assert text_of(read('G ((holding) -> ((running) & acting))')) == text
