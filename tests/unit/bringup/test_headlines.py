"""The table of the README: what was measured, and what was not, in a line each."""

import pytest

from vla_bringup import headlines


def figure(name, value, n=None, bound=None, ok=True):
    return {'name': name, 'value': value, 'n': n, 'bound': bound, 'ok': ok}


def result(*figures):
    return {'figures': list(figures)}


def line_of(table, command):
    return next(line for line in table.splitlines() if f'`{command}`' in line)


def test_rates_are_given_with_how_many_were_tried():
    made = headlines.table(
        {
            'eval-tabletop': result(
                figure('success push', 0.97, 100), figure('success stack', 1.0, 90)
            )
        }
    )
    assert line_of(made, './vla eval').endswith('| push 97%, stack 100% (of 90 each) |')


def test_a_bound_that_is_missed_is_named():
    made = headlines.table(
        {
            'bench-rules': result(
                figure('accuracy', 0.9, bound='>= 0.95', ok=False),
                figure('latency', 0.4, bound='<= 1'),
                figure('of no account', 1.0),
            )
        }
    )
    assert line_of(made, './vla bench rules').endswith('| 1 of 2 bounds met; not: accuracy |')


def test_what_was_not_measured_says_so():
    assert line_of(headlines.table({}), './vla bench trust').endswith('| not yet |')


def test_only_what_stands_between_the_marks_is_replaced():
    text = f'before\n{headlines.BEGIN}\nold\n{headlines.END}\nafter\n'
    once = headlines.put_into(text, 'new')
    assert once == f'before\n{headlines.BEGIN}\nnew\n{headlines.END}\nafter\n'
    assert headlines.put_into(once, 'new') == once
    with pytest.raises(ValueError, match='measured'):
        headlines.put_into('no marks', 'new')
