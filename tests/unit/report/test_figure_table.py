"""A missed bound is marked, also when the number of samples is too small to decide."""

import math

import pytest

from vla_core.result import Figure, share
from vla_report.figure_table import line, needed, verdict


@pytest.mark.parametrize(
    ('figure', 'said'),
    [
        (share('a', 100, 100, '>= 0.95'), '>= 0.95 ok'),
        (share('a', 60, 100, '>= 0.95'), '>= 0.95 MISSED'),
        (share('a', 20, 20, '>= 0.95'), '>= 0.95 MISSED (n = 20 is too small to decide, 73 are'),
        (share('a', 0, 5, '<= 0.2'), '<= 0.2 MISSED (n = 5 is too small to decide, 16 are'),
        (Figure('a', 3.0, 'ms', '<= 2', 5), '<= 2 MISSED'),
        (share('a', 3, 5), ''),
    ],
)
def test_verdict(figure, said):
    found = verdict(figure)
    assert found.startswith(said)
    assert ('too small' in found) == ('too small' in said)


def test_needed_is_the_least_number_of_samples_that_can_meet_the_bound():
    for bound, wanted in (('>= 0.95', 73), ('>= 0.9', 35), ('<= 0.2', 16), ('<= 0.5', 4)):
        least = needed(bound)
        assert least == wanted
        met = [share('a', n if bound[0] == '>' else 0, n, bound).ok for n in (least - 1, least)]
        assert met == [False, True]
    assert needed('>= 1') == math.inf


def test_a_line_holds_value_interval_and_count():
    assert line(share('rate', 9, 10), 8).split() == [
        'rate', '0.90', 'of', 'episodes', '[0.60,', '0.98]', '10',
    ]  # fmt: skip
