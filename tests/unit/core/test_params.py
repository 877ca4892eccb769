"""Parameters: what is unknown, missing, of the wrong type, out of range or NaN is named."""

from dataclasses import dataclass
from enum import Enum

import pytest

from vla_core.errors import UserError
from vla_core.params import as_mapping, check, from_mapping, load_params, load_yaml, param


class Colour(Enum):
    RED = 1
    BLUE = 2


@dataclass(frozen=True)
class Inner:
    gain: float = param(1.0, '1/s, how fast', lo=0.0, hi=10.0)
    name: str = param('a', 'which', choices=('a', 'b'))

    def __post_init__(self):
        check(self)


@dataclass(frozen=True)
class Outer:
    rate: float = param(text='Hz, of the loop', lo=1.0, hi=1000.0)
    count: int = param(3, 'how many', lo=0)
    is_on: bool = param(True, 'whether')
    inner: Inner = param(Inner(), 'more')
    parts: tuple[Inner, ...] = param((), 'many more')
    box: tuple[float, float, float] = param((0.0, 0.0, 0.0), 'm, size', lo=0.0)
    weights: dict[str, float] = param({}, 'by name', hi=1.0)
    names: list[str] = param([], 'of things')
    colour: Colour = param(Colour.RED, 'of things')
    limit: float | None = param(None, 'm, none for no limit', lo=0.0)

    def __post_init__(self):
        check(self)


def test_values_arrive_with_their_types():
    mapping = {
        'rate': 10,
        'inner': {'gain': 2},
        'parts': [{'name': 'b'}, {}],
        'box': [1, 2, 3.5],
        'weights': {'x': 0.5},
        'names': ['p'],
        'colour': 'blue',
        'limit': 1,
    }
    outer = from_mapping(Outer, mapping, 'here')
    parts = (Inner(name='b'), Inner())
    assert outer == Outer(
        10.0, 3, True, Inner(2.0), parts, (1.0, 2.0, 3.5), {'x': 0.5}, ['p'], Colour.BLUE, 1.0
    )
    assert isinstance(outer.rate, float)
    assert isinstance(outer.limit, float)


def test_a_dataclass_round_trips():
    inner = Inner(3.0, 'b')
    assert from_mapping(Inner, as_mapping(inner), 'here') == inner


@pytest.mark.parametrize(
    ('change', 'words'),
    [
        ({'speed': 1}, ['here', "unknown key 'speed'", 'rate, count, is_on']),
        ({'inner': {'gian': 1}}, ['here: inner', "'gian'", 'gain, name']),
        ({'rate': '10'}, ['here: rate', 'a number', "str '10'"]),
        ({'rate': True}, ['here: rate', 'a number', 'bool True']),
        ({'rate': None}, ['here: rate', 'nothing']),
        ({'rate': [1]}, ['here: rate', 'list [1]']),
        ({'count': 1.5}, ['here: count', 'an integer', 'float 1.5']),
        ({'count': True}, ['here: count', 'an integer', 'bool True']),
        ({'is_on': 1}, ['here: is_on', 'bool', 'int 1']),
        ({'inner': 3}, ['here: inner', 'keys and values']),
        ({'parts': [{}, {'gain': 'x'}]}, ['here: parts[1]: gain', "str 'x'"]),
        ({'parts': {'gain': 1}}, ['here: parts', 'a list']),
        ({'box': [1.0, 2.0]}, ['here: box', '3 entries, got 2']),
        ({'weights': {'x': 'y'}}, ['here: weights.x', "str 'y'"]),
        ({'weights': [1]}, ['here: weights', 'keys and values']),
        ({'colour': 'green'}, ['here: colour', 'red, blue']),
        (
            {'rate': 0.5},
            ['here', 'Outer.rate is 0.5', 'between 1.0 and 1000.0', 'Hz, of the loop'],
        ),
        ({'rate': float('nan')}, ['Outer.rate is nan', 'not finite']),
        ({'rate': float('inf')}, ['Outer.rate is inf', 'not finite']),
        ({'box': [0.0, -1.0, 0.0]}, ['Outer.box[1] is -1.0']),
        ({'box': [0.0, 0.0, float('nan')]}, ['Outer.box[2] is nan']),
        ({'weights': {'x': 2.0}}, ['Outer.weights[x] is 2.0']),
        ({'limit': -0.1}, ['Outer.limit is -0.1']),
        ({'inner': {'name': 'c'}}, ['here: inner', "Inner.name is 'c'", 'known: a, b']),
    ],
)
def test_what_is_wrong_is_named(change, words):
    with pytest.raises(UserError) as caught:
        from_mapping(Outer, {'rate': 10.0, **change}, 'here')
    assert [word for word in words if word not in str(caught.value)] == []


def test_a_key_without_default_must_be_there():
    with pytest.raises(UserError, match=r"here: key 'rate' is missing \(Hz, of the loop\)"):
        from_mapping(Outer, {}, 'here')


@pytest.mark.parametrize('value', [None, 3, 'text', [1]])
def test_what_is_not_a_mapping_is_refused(value):
    with pytest.raises(UserError, match='here: expected keys and values'):
        from_mapping(Outer, value, 'here')


def test_building_directly_checks_as_well():
    with pytest.raises(ValueError, match=r'Inner\.gain is nan'):
        Inner(gain=float('nan'))


def test_default_collections_are_not_shared():
    first, second = Outer(1.0), Outer(1.0)
    first.weights['x'] = 1.0
    assert second.weights == {}


@pytest.mark.parametrize(
    ('text', 'line'),
    [
        ('a: 1\nb: [1, 2\nc: 3\n', ':3'),
        ('a: 1\nb: 2\na: 3\n', ':3'),
        ('a: b: c\n', ':1'),
        ('\tx', ':1'),
    ],
)
def test_broken_yaml_is_one_line_with_file_and_line(tmp_path, text, line):
    path = tmp_path / 'x.yaml'
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        load_yaml(path)
    assert str(caught.value).startswith(f'{path}{line}: ')
    assert '\n' not in str(caught.value)


def test_a_key_given_twice_is_an_error_at_any_depth(tmp_path):
    path = tmp_path / 'x.yaml'
    path.write_text('a:\n  - {b: 1, b: 2}\n')
    with pytest.raises(UserError, match="'b' is given twice"):
        load_yaml(path)


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(UserError, match=r'none\.yaml: cannot be read'):
        load_yaml(tmp_path / 'none.yaml')


def test_bytes_that_are_not_text_are_an_error(tmp_path):
    (tmp_path / 'x.yaml').write_bytes(b'\xff\xfe\xfa')
    with pytest.raises(UserError, match='UTF-8'):
        load_yaml(tmp_path / 'x.yaml')


def test_an_error_names_the_file_it_came_from(tmp_path):
    path = tmp_path / 'inner.yaml'
    path.write_text('gain: 20\n')
    with pytest.raises(UserError, match=r'inner\.yaml: Inner\.gain is 20'):
        load_params(Inner, path)


@pytest.mark.parametrize(('key', 'digits'), [('rate', 400), ('count', 400), ('rate', 5000)])
def test_a_number_of_many_digits_is_one_line(key, digits, tmp_path):
    path = tmp_path / 'outer.yaml'
    number = '9' * digits
    path.write_text(f'rate: {number}' if key == 'rate' else f'rate: 1.0\ncount: {number}')
    with pytest.raises(UserError, match=r'outer\.yaml: (rate|count|a number)') as caught:
        load_params(Outer, path)
    assert len(str(caught.value)) < 300


def test_a_date_that_is_none_is_one_line(tmp_path):
    path = tmp_path / 'x.yaml'
    path.write_text('day: 2026-13-45\n')
    with pytest.raises(UserError, match=r'x\.yaml: a number or date is not valid: month'):
        load_yaml(path)
