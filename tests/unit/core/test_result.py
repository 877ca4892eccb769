"""Figures, their bounds and gates, and the form of result.json."""

import json
import math

import numpy as np
import pytest

from vla_core import machine
from vla_core.result import Figure, Result, clustered, share, time_ratio


@pytest.mark.parametrize(
    ('value', 'bound', 'ok'),
    [
        (2.0, '<= 2', True),
        (2.1, '<= 2', False),
        (0.9, '>= 0.9', True),
        (2.0, '< 2', False),
        (2.1, '> 2', True),
        (0.0, '== 0', True),
        (5.0, None, True),
    ],
)
def test_a_figure_is_ok_when_it_keeps_its_bound(value, bound, ok):
    assert Figure('x', value, bound=bound).ok is ok


@pytest.mark.parametrize('bound', ['<= 2', '>= 2', '< 2', '> 2', '== 2'])
@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf])
def test_what_is_not_a_number_keeps_no_bound(value, bound):
    assert not Figure('x', value, bound=bound).ok


@pytest.mark.parametrize('bound', ['2', '=< 2', '<= two', '<= nan', ''])
def test_an_unreadable_bound_is_an_error(bound):
    with pytest.raises(ValueError, match='bound'):
        Figure('x', 1.0, bound=bound)


@pytest.mark.parametrize(
    ('gate', 'bound', 'ok'),
    [
        ('value', '>= 0.9', True),
        ('low', '>= 0.9', False),
        ('low', '>= 0.8', True),
        ('value', '<= 0.95', True),
        ('high', '<= 0.95', False),
        ('high', '<= 0.99', True),
    ],
)
def test_the_bound_is_compared_with_the_gated_number(gate, bound, ok):
    assert Figure('x', 0.92, bound=bound, low=0.85, high=0.97, gate=gate).ok is ok


@pytest.mark.parametrize('end', [None, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(('gate', 'bound'), [('low', '>= 0'), ('high', '<= 9'), ('low', '<= 9')])
def test_an_interval_end_that_is_missing_or_not_finite_meets_no_bound(gate, bound, end):
    assert not Figure('x', 1.0, bound=bound, low=end, high=end, gate=gate).ok


def test_an_unknown_gate_is_an_error():
    with pytest.raises(ValueError, match='middle'):
        Figure('x', 1.0, gate='middle')


@pytest.mark.parametrize(
    ('bound', 'gate', 'ok'),
    [
        (None, 'value', True),
        ('>= 0.9', 'low', False),
        ('>= 0.8', 'low', True),
        ('> 0.9', 'low', False),
        ('<= 0.96', 'high', False),
        ('<= 0.98', 'high', True),
        ('< 0.96', 'high', False),
        ('== 0.95', 'value', True),
    ],
)
def test_the_bound_of_a_share_is_met_by_the_worse_end_of_its_interval(bound, gate, ok):
    figure = share('x', 95, 100, bound)  # 0.888 to 0.978
    assert (figure.gate, figure.ok) == (gate, ok)
    assert (figure.value, figure.n, figure.unit) == (0.95, 100, 'of episodes')
    assert (figure.low, figure.high) == pytest.approx((0.8882, 0.9785), abs=5e-4)


def test_a_share_of_nothing_meets_no_bound():
    for bound in ('>= 0.5', '<= 0.5', '== 0'):
        assert not share('x', 0, 0, bound).ok


def test_a_clustered_figure_is_gated_by_the_interval_over_clusters():
    values, clusters = [0.0, 0.0, 1.0, 1.0, 1.0, 1.0], [1, 1, 2, 2, 3, 3]
    figure = clustered('x', values, clusters, '>= 0.5', 'points')
    assert (figure.value, figure.n, figure.unit) == (pytest.approx(2 / 3), 6, 'points')
    assert (figure.low, figure.high, figure.gate, figure.ok) == (0.0, 1.0, 'low', False)
    assert clustered('x', values, clusters, '<= 1').ok


@pytest.mark.parametrize('values', [[], [0.9, 0.9]])
def test_a_clustered_figure_without_two_clusters_meets_no_inequality(values):
    figure = clustered('x', values, ['one'] * len(values), '>= 0.5')
    assert (figure.low, figure.high, figure.ok) == (None, None, False)
    assert not clustered('x', values, ['one'] * len(values), '<= 1').ok


def test_the_bound_of_a_time_is_on_its_ratio_to_plain_python():
    ratio, ms = time_ratio('cycle', 1.5, '<= 0.6', 40, python=3.0)
    assert ratio == Figure('cycle', 0.5, 'python_ms', '<= 0.6', 40)
    assert ms == Figure('cycle, ms', 1.5, 'ms', None, 40)
    assert ratio.ok
    assert not time_ratio('cycle', 1.5, '<= 0.6', python=2.0)[0].ok


def test_a_time_is_compared_with_this_machine_by_default():
    ratio, _ = time_ratio('cycle', machine.python_ms(), None)
    assert ratio.value == 1.0


def test_one_missed_bound_makes_the_result_not_ok():
    good, bad = Figure('a', 1.0, bound='<= 2'), Figure('b', 3.0, bound='<= 2')
    assert Result('r', 'c', (good,)).ok
    assert not Result('r', 'c', (good, bad)).ok


def test_a_result_without_figures_is_not_ok():
    assert not Result('r', 'c').ok


def test_the_file_has_the_promised_form(tmp_path):
    figure = Figure('rate', np.float64(0.5), '', '>= 0.4', n=10, low=0.2, high=math.nan)
    path = Result('demo', './vla demo', (figure,)).write(tmp_path / 'demo')
    content = json.loads(path.read_text())
    assert set(content) == {'name', 'command', 'commit', 'machine', 'ok', 'figures'}
    assert set(content['machine']) == {'cpu', 'cores', 'memory_gb', 'gpu', 'python_ms'}
    assert content['ok'] is True
    assert content['figures'] == [
        {
            'name': 'rate',
            'value': 0.5,
            'unit': '',
            'bound': '>= 0.4',
            'n': 10,
            'low': 0.2,
            'high': None,
            'gate': 'value',
            'ok': True,
        }
    ]


def test_writing_leaves_nothing_but_the_result(tmp_path):
    result = Result('a', 'b', (Figure('x', 1.0),))
    result.write(tmp_path)
    result.write(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ['result.json']
