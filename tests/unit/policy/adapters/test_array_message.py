"""Dictionaries with arrays as bytes."""

import msgpack
import numpy as np
import pytest

from vla_policy.adapters.array_message import BadArrayMessageError, from_bytes, to_bytes

# as openpi-client 0.1.2 packs it
PUBLIC = bytes.fromhex(
    '84a16184c40b5f5f6e6461727261795f5fc3c40464617461c40c000000000000803f00000040c4056474797065a3'
    '3c6634c40573686170659103a173cb3fe0000000000000a670726f6d7074a26869a3696d6784c40b5f5f6e646172'
    '7261795f5fc3c40464617461c406000000000000c4056474797065a37c7531c405736861706593010203'
)
VALUES = {
    'a': np.arange(3, dtype=np.float32), 's': np.float64(0.5), 'prompt': 'hi',
    'img': np.zeros((1, 2, 3), np.uint8),
}  # fmt: skip


def test_the_bytes_are_those_of_the_public_client():
    assert to_bytes(VALUES) == PUBLIC


def test_they_come_back_as_they_were():
    made = from_bytes(PUBLIC)
    assert made['a'].dtype == np.float32
    np.testing.assert_array_equal(made['a'], VALUES['a'])
    assert made['img'].shape == (1, 2, 3)
    assert (made['s'], made['prompt']) == (0.5, 'hi')


@pytest.mark.parametrize('value', [np.array([object()]), np.zeros(2, complex), {1, 2}])
def test_other_things_are_not_sent(value):
    with pytest.raises(ValueError, match='not sent'):
        to_bytes({'a': value})


def array(changes=()):
    usual = {b'__ndarray__': True, b'data': b'\0' * 8, b'dtype': '<f4', b'shape': [2]}
    return msgpack.packb({'actions': usual | dict(changes)})


@pytest.mark.parametrize(
    ('data', 'words'),
    [
        (b'', 'no msgpack'),
        (b'\xc1', 'no msgpack'),
        (msgpack.packb([1, 2]), 'a list, expected keys and values'),
    ],
)
def test_what_is_no_dictionary_is_refused(data, words):
    assert from_bytes(array())['actions'].tolist() == [0.0, 0.0]
    with pytest.raises(BadArrayMessageError, match=words):
        from_bytes(data)


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        ({b'dtype': '|O'}, r'an array of \|O'),
        ({b'dtype': 'nonsense'}, 'an array of nonsense'),
        ({b'dtype': 7}, 'an array of 7'),
        ({b'shape': [3]}, 'with other bytes'),
        ({b'shape': [-2]}, 'an array of shape'),
        ({b'shape': [1 << 62, 4]}, 'with other bytes'),
        ({b'data': 'text'}, 'with other bytes'),
    ],
)
def test_arrays_that_are_none_are_refused(changes, words):
    with pytest.raises(BadArrayMessageError, match=words):
        from_bytes(array(changes))


def test_ten_thousand_damaged_messages_do_nothing_else():
    random = np.random.default_rng(0)
    for _ in range(10_000):
        damaged = bytearray(PUBLIC)
        for place in random.integers(0, len(damaged), random.integers(1, 6)):
            damaged[place] = random.integers(0, 256)
        cut = damaged[: random.integers(1, len(damaged) + 1)]
        try:
            assert isinstance(from_bytes(bytes(cut)), dict)
        except BadArrayMessageError:
            continue
