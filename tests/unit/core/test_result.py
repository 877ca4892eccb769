"""result.json: what it promises to whoever reads it."""

import json
import math
import subprocess

import numpy as np
import pytest

from vla_core.result import Figure, Result, changes, wilson


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


def test_one_missed_bound_makes_the_result_not_ok():
    good, bad = Figure('a', 1.0, bound='<= 2'), Figure('b', 3.0, bound='<= 2')
    assert Result('r', 'c', (good,)).ok
    assert not Result('r', 'c', (good, bad)).ok


def test_a_result_without_figures_is_not_ok():
    assert not Result('r', 'c').ok


def test_the_file_has_the_promised_form(tmp_path):
    figure = Figure('rate', np.float64(0.5), '', '>= 0.4', n=10, low=0.2, high=math.nan)
    path = Result('demo', './vla demo', (figure,)).write(tmp_path / 'demo')
    said = json.loads(path.read_text())
    assert set(said) == {'name', 'command', 'commit', 'machine', 'ok', 'figures'}
    assert set(said['machine']) == {'cpu', 'cores', 'memory_gb', 'gpu'}
    assert said['ok'] is True
    assert said['figures'] == [
        {
            'name': 'rate',
            'value': 0.5,
            'unit': '',
            'bound': '>= 0.4',
            'n': 10,
            'low': 0.2,
            'high': None,
            'ok': True,
        }
    ]


def test_writing_leaves_nothing_but_the_result(tmp_path):
    result = Result('a', 'b', (Figure('x', 1.0),))
    result.write(tmp_path)
    result.write(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ['result.json']


def test_wilson_agrees_with_published_values():
    # 81 of 263: Newcombe, Statistics in Medicine 17 (1998), table I, method 3
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 2000)[0] == 0.0
    assert wilson(7, 7)[1] == 1.0


@pytest.mark.parametrize(('k', 'n'), [(3, 2), (-1, 2)])
def test_wilson_refuses_what_is_not_a_count(k, n):
    with pytest.raises(ValueError, match='not a count'):
        wilson(k, n)


@pytest.fixture
def tree(tmp_path):
    """A committed tree with src/a.py and a picture."""

    def git(*words):
        who = ('-c', 'user.name=x', '-c', 'user.email=x@x')
        subprocess.run(['git', '-C', tmp_path, *who, *words], check=True, capture_output=True)

    (tmp_path / 'src').mkdir()
    (tmp_path / 'src/a.py').write_text('a = 1\n')
    (tmp_path / 'picture').write_bytes(bytes(range(256)))
    git('init')
    git('add', '.')
    git('commit', '-m', 'first')
    return tmp_path


@pytest.mark.parametrize('name', ['src/a.py', 'picture', 'src/new.py'])
def test_other_changes_have_another_name_and_the_same_the_same(tree, name):
    assert changes(tree) == ''
    before = (tree / name).read_bytes() if (tree / name).exists() else b''
    (tree / name).write_bytes(before + b'one')
    first = changes(tree)
    assert first == changes(tree) != ''
    (tree / name).write_bytes(before + b'two')
    assert changes(tree) not in ('', first)


def test_what_is_written_elsewhere_or_outside_git_is_no_change(tree, tmp_path_factory):
    (tree / 'notes').write_text('new, and not of the stack')
    assert changes(tree) == ''
    assert changes(tmp_path_factory.mktemp('bare')) == ''
