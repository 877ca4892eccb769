"""Dictionaries with arrays as bytes: msgpack with the two markers for numpy that openpi uses. No
pickle: numbers, text and plain arrays only."""

from __future__ import annotations

from math import prod
from typing import Any

import msgpack
import numpy as np

ARRAY, SCALAR = b'__ndarray__', b'__npgeneric__'
KINDS = 'biufSU'  # of dtypes that are taken: no objects, no records
MOST_BYTES = 64 * 1024 * 1024  # of one message


class BadArrayMessageError(ValueError):
    """The bytes are no such message."""


def to_bytes(values: dict[str, Any]) -> bytes:
    """A dictionary of numbers, text, lists and arrays; ValueError names another kind of dtype."""
    packed: bytes = msgpack.packb(values, default=_pack)
    return packed


def from_bytes(data: bytes) -> dict[str, Any]:
    """The dictionary; BadArrayMessageError says why the bytes are none."""
    if len(data) > MOST_BYTES:
        raise BadArrayMessageError(f'{len(data)} bytes, at most {MOST_BYTES} are taken')
    try:
        made = msgpack.unpackb(data, object_hook=_unpack)
    except BadArrayMessageError:
        raise
    except Exception as error:
        raise BadArrayMessageError(f'no msgpack: {type(error).__name__}: {error}') from error
    if not isinstance(made, dict):
        raise BadArrayMessageError(f'a {type(made).__name__}, expected keys and values')
    return made


def _pack(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind not in KINDS:
        raise ValueError(f'arrays of {value.dtype} are not sent')
    if isinstance(value, np.ndarray):
        return {ARRAY: True, b'data': value.tobytes(), b'dtype': value.dtype.str,
                b'shape': value.shape}  # fmt: skip
    if isinstance(value, np.generic):
        return {SCALAR: True, b'data': value.item(), b'dtype': value.dtype.str}
    raise ValueError(f'a {type(value).__name__} is not sent')


def _unpack(value: dict[Any, Any]) -> Any:
    if ARRAY not in value and SCALAR not in value:
        return value
    dtype, data = _dtype(value.get(b'dtype')), value.get(b'data')
    if SCALAR in value:
        if isinstance(data, bytes | list | dict):
            raise BadArrayMessageError('a number that is none')
        return dtype.type(data)
    shape = value.get(b'shape')
    if not isinstance(shape, list) or not all(isinstance(n, int) and n >= 0 for n in shape):
        raise BadArrayMessageError(f'an array of shape {shape}')
    if not isinstance(data, bytes) or prod(shape) * dtype.itemsize != len(data):
        raise BadArrayMessageError(f'an array of shape {shape} and {dtype} with other bytes')
    return np.frombuffer(data, dtype).reshape(shape)


def _dtype(name: Any) -> np.dtype[Any]:
    try:
        made = np.dtype(name) if isinstance(name, str) else None
    except TypeError:
        made = None
    if made is None or made.kind not in KINDS:
        raise BadArrayMessageError(f'an array of {str(name)[:40]}')
    return made
