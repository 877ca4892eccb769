"""Types of options: what they take, and the line with which they refuse."""

import argparse
import math
from pathlib import Path

import pytest

from vla_core.arguments import integer, number, path, register_types, text


@pytest.mark.parametrize(('given', 'value'), [('0', 0), ('+7', 7), ('007', 7), ('10', 10)])
def test_a_whole_number(given, value):
    assert integer(0, 10)(given) == value


@pytest.mark.parametrize(
    'given', ['-1', '11', '1.0', '1e1', '1_0', '٣', '', ' 1', 'nan', '9' * 5000]
)
def test_what_is_no_whole_number_in_the_range(given):
    with pytest.raises(argparse.ArgumentTypeError, match='whole number from 0 to 10, got'):
        integer(0, 10)(given)


@pytest.mark.parametrize(
    ('given', 'value'), [('1', 1.0), ('.5', 0.5), ('2.', 2.0), ('1e-1', 0.1), ('+1.5E0', 1.5)]
)
def test_a_number(given, value):
    assert math.isclose(number(0.0, 2.0)(given), value)


@pytest.mark.parametrize(
    'given', ['nan', 'inf', '-inf', '1e400', '2.1', '-0.1', '1_0', '٣', '', 'x']
)
def test_what_is_no_number_in_the_range(given):
    with pytest.raises(argparse.ArgumentTypeError, match='must be a number from 0 to 2, got'):
        number(0.0, 2.0)(given)


def test_a_long_value_is_shown_short():
    with pytest.raises(argparse.ArgumentTypeError) as error:
        integer()('x' * 10_000)
    assert len(str(error.value)) < 120


def test_a_path_may_begin_at_home(monkeypatch):
    monkeypatch.setenv('HOME', '/srv/ann')
    assert path('~/out') == Path('/srv/ann/out')
    assert path('a b') == Path('a b')


@pytest.mark.parametrize('given', ['', ' ', 'a\0b', '\udcff', '~nobody_of_that_name/x'])
def test_what_is_no_path(given):
    with pytest.raises(argparse.ArgumentTypeError):
        path(given)


def test_a_parser_uses_them_for_the_usual_types():
    parser = argparse.ArgumentParser(exit_on_error=False)
    register_types(parser)
    for name, kind in (('--n', int), ('--x', float), ('--out', Path), ('--name', None)):
        parser.add_argument(name, type=kind)
    args = parser.parse_args(['--n', '3', '--x', '0.5', '--out', 'a', '--name', 'b'])
    assert (args.n, args.x, args.out, args.name) == (3, 0.5, Path('a'), 'b')
    for words in (['--n', '-1'], ['--x', 'nan'], ['--out', ''], ['--name', '\udcff']):
        with pytest.raises(argparse.ArgumentError):
            parser.parse_args(words)


def test_text_is_any_that_can_be_encoded():
    assert text('“ü” 手') == '“ü” 手'
