"""CDR bytes of a message: statements that read and write them, generated from its .msg fields.

Only plain little-endian CDR (XCDR1), and no sequences of messages; rclpy handles the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import import_module
from struct import Struct
from typing import Any

import numpy as np

from vla_core.frozen import Array

PLAIN = b'\0\1\0\0'  # encapsulation: CDR, little-endian; alignment is relative to its end
PRIMITIVES = {
    'boolean': '?', 'octet': 'B', 'uint8': 'B', 'int8': 'b', 'uint16': 'H', 'int16': 'h',
    'uint32': 'I', 'int32': 'i', 'uint64': 'Q', 'int64': 'q', 'float': 'f', 'double': 'd',
}  # fmt: skip
COUNT = Struct('<I')


def leaves(message: type, prefix: str = '') -> Iterator[tuple[str, str]]:
    """Yield (dotted path, type) of every field in order; nested messages are opened."""
    for name, kind in message.get_fields_and_field_types().items():  # type: ignore[attr-defined]
        package, _, nested = kind.partition('/')
        if nested and '<' not in kind and '[' not in kind:
            owner = getattr(import_module(f'{package}.msg'), nested)
            yield from leaves(owner, f'{prefix}{name}.')
        else:
            yield f'{prefix}{name}', kind


def is_supported(message: type) -> bool:
    """Return whether the message has no sequence or array of messages."""
    return not any('/' in kind for _, kind in leaves(message))


def segments(message: type) -> Iterator[tuple[str, list[str]]]:
    """Yield (type, paths): adjacent numbers as one struct format, all else by itself.

    A format begins aligned to its first number; a number of larger alignment begins the next.
    """
    layout, paths, first = '<', list[str](), 0
    for path, kind in leaves(message):
        size = Struct(f'<{PRIMITIVES[kind]}').size if kind in PRIMITIVES else 0
        if paths and not 0 < size <= first:
            yield layout, paths
            layout, paths = '<', []
        if size:
            first = first if paths else size
            layout += f'{-Struct(layout).size % size}x{PRIMITIVES[kind]}'
            paths = [*paths, path]
        else:
            yield kind, [path]
    if paths:
        yield layout, paths


def reading(message: type, needed: set[str], known: dict[str, Any]) -> tuple[list[str], dict]:
    """Statements that decode `data` after the CDR header, up to the last of `needed`, and the
    variable of each path; `known` collects the objects they reference."""
    lines, variables = ['at = 0'], dict[str, str]()
    known |= {'text': read_text, 'numbers': read_numbers, 'array': read_array}
    for k, (kind, paths) in enumerate(segments(message)):
        if needed <= set(variables):
            break
        variables |= {path: f'v{len(variables) + n}' for n, path in enumerate(paths)}
        targets = ', '.join(variables[path] for path in paths)
        if kind.startswith('<'):
            layout = known[f's{k}'] = Struct(kind)
            lines += [
                f'at += -at % {alignment(kind)}',
                f'{targets}, = s{k}.unpack_from(data, at)',
                f'at += {layout.size}',
            ]
        elif kind == 'string':
            lines.append(f'{targets}, at = text(data, at)')
        elif kind == 'sequence<string>':
            known[f't{k}'] = Texts()
            lines.append(f'{targets}, at = t{k}.read(data, at)')
        elif kind.startswith('sequence<'):
            lines.append(f'{targets}, at = numbers(data, at, {dtype(kind)!r})')
        else:
            lines.append(f'{targets}, at = array(data, at, {dtype(kind)!r}, {length(kind)})')
    return lines, variables


def writing(message: type, values: Mapping[str, str], known: dict[str, Any]) -> list[str]:
    """Return statements that append to `body` the expressions `values` by path; a path without
    one gets the default of its type."""
    lines = ['body = bytearray()']
    known |= {'string': string, 'strings': strings, 'append': append_numbers}
    for k, (kind, paths) in enumerate(segments(message)):
        if kind.startswith('<'):
            known[f's{k}'] = Struct(kind)
            numbers = ', '.join(values.get(path, '0') for path in paths)
            lines.append(f'body += bytes(-len(body) % {alignment(kind)}) + s{k}.pack({numbers})')
            continue
        value = values.get(paths[0])
        if kind == 'string':
            lines.append(f'body += bytes(-len(body) % 4) + string({value or repr("")})')
        elif kind == 'sequence<string>':
            lines.append(f'body += bytes(-len(body) % 4) + strings(tuple({value or ()}))')
        else:
            count = 0 if kind.startswith('sequence<') else length(kind)
            lines.append(f'append(body, {value or [0] * count}, {dtype(kind)!r}, {count})')
    return lines


def alignment(layout: str) -> int:
    """Return the size of the first number of a struct format."""
    return Struct(f'<{layout.lstrip("<0x")[0]}').size


def dtype(kind: str) -> str:
    """Return the NumPy dtype of the elements of 'sequence<double>' or 'double[4]'."""
    name = kind.removeprefix('sequence<').rstrip('>').partition('[')[0].partition(',')[0]
    return np.dtype(f'<{PRIMITIVES[name]}').str


def length(kind: str) -> int:
    """Return 4 of 'double[4]'."""
    return int(kind.partition('[')[2].rstrip(']'))


class Texts:
    """Reads a sequence of strings that seldom changes: its bytes are compared, not decoded."""

    def __init__(self) -> None:
        self._bytes = b''
        self._texts: tuple[str, ...] = ()

    def read(self, data: bytes, at: int) -> tuple[tuple[str, ...], int]:
        """Return the strings at or after `at`, and where they end."""
        at += -at % 4
        if self._bytes and data.startswith(self._bytes, at):
            return self._texts, at + len(self._bytes)
        (count,) = COUNT.unpack_from(data, at)
        texts, end = [], at + 4
        for _ in range(count):
            text, end = read_text(data, end)
            texts.append(text)
        self._texts, self._bytes = tuple(texts), data[at:end]
        return self._texts, end


def read_text(data: bytes, at: int) -> tuple[str, int]:
    at += -at % 4
    (size,) = COUNT.unpack_from(data, at)
    end = at + 4 + size
    if size == 0 or end > len(data):
        raise ValueError(f'a string of {size} bytes at {at}')
    return data[at + 4 : end - 1].decode(errors='replace'), end  # as rclpy does


def read_numbers(data: bytes, at: int, kind: str) -> tuple[Array, int]:
    at += -at % 4
    (count,) = COUNT.unpack_from(data, at)
    if count == 0:
        return np.zeros(0, kind), at + 4
    return read_array(data, at + 4, kind, count)


def read_array(data: bytes, at: int, kind: str, count: int) -> tuple[Array, int]:
    size = np.dtype(kind).itemsize
    at += -at % size
    return np.frombuffer(data, kind, count, at), at + size * count  # records keep copies


def append_numbers(body: bytearray, values: Any, kind: str, fixed: int) -> None:
    """Append a sequence of numbers, or an array of `fixed` ones."""
    array = np.asarray(values, kind)
    if not fixed:
        body += bytes(-len(body) % 4) + COUNT.pack(len(array))
    if len(array):
        body += bytes(-len(body) % array.itemsize) + array.tobytes()


def string(text: str) -> bytes:
    coded = text.encode() + b'\0'
    return COUNT.pack(len(coded)) + coded


@lru_cache(maxsize=256)
def strings(texts: tuple[str, ...]) -> bytes:
    """Return a sequence of strings that begins at a multiple of 4."""
    body = bytearray(COUNT.pack(len(texts)))
    for text in texts:
        body += bytes(-len(body) % 4) + string(text)
    return bytes(body)
