"""Parameters: dataclasses whose fields declare unit, meaning and range, filled from YAML."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import yaml

from vla_core.errors import UserError

T = TypeVar('T')
_LARGEST = 2**63  # integer in a file
_NUMBERS = {int: 'an integer', float: 'a number'}


@dataclass(frozen=True)
class Spec:
    """Meaning and valid values of a parameter."""

    text: str  # unit, meaning
    lo: float | None = None
    hi: float | None = None
    choices: tuple[Any, ...] = ()


def param(
    default: Any = MISSING,
    text: str = '',
    lo: float | None = None,
    hi: float | None = None,
    choices: Any = (),
) -> Any:
    """A dataclass field with unit, meaning and range; without `default` the key is required."""
    metadata = {'spec': Spec(text, lo, hi, tuple(choices))}
    if isinstance(default, (dict, list)):
        return field(default_factory=lambda: type(default)(default), metadata=metadata)
    return field(default=default, metadata=metadata)


def spec_of(item: Field[Any]) -> Spec:
    """The spec of a field; an empty one for a plain field."""
    return typing.cast(Spec, item.metadata.get('spec', Spec('')))


def check(self: Any) -> None:
    """Raise ValueError naming the field that is not finite, out of range or not a choice."""
    for item in fields(self):
        _check_value(f'{type(self).__name__}.{item.name}', getattr(self, item.name), spec_of(item))


def _check_value(name: str, value: Any, spec: Spec) -> None:
    if isinstance(value, (list, tuple)):
        for k, element in enumerate(value):
            _check_value(f'{name}[{k}]', element, spec)
    elif isinstance(value, Mapping):
        for key, element in value.items():
            _check_value(f'{name}[{key}]', element, spec)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        _check_number(name, value, spec)
    if spec.choices and not isinstance(value, (list, tuple)) and value not in spec.choices:
        raise ValueError(f'{name} is {value!r}; known: {", ".join(map(str, spec.choices))}')


def _check_number(name: str, value: float, spec: Spec) -> None:
    lo = -math.inf if spec.lo is None else spec.lo
    hi = math.inf if spec.hi is None else spec.hi
    if not math.isfinite(value):
        raise ValueError(f'{name} is {value}, not finite')
    if not lo <= value <= hi:
        raise ValueError(f'{name} is {value}, must be between {lo} and {hi} ({spec.text})')


def from_mapping(cls: type[T], mapping: Any, where: str) -> T:
    """An instance of the dataclass `cls`; UserError names `where`, the key and the known keys."""
    if not isinstance(mapping, Mapping):
        raise UserError(f'{where}: expected keys and values, got {_shown(mapping)}')
    hints = typing.get_type_hints(cls)
    items = {item.name: item for item in fields(cls) if item.init}  # type: ignore[arg-type]
    for key in mapping:
        if key not in items:
            raise UserError(f'{where}: unknown key {key!r}; known: {", ".join(items)}')
    for name, item in items.items():
        if name not in mapping and item.default is MISSING and item.default_factory is MISSING:
            raise UserError(
                f'{where}: key {name!r} is missing ({spec_of(item).text or "required"})'
            )
    values = {
        str(name): _convert(hints[name], value, f'{where}: {name}')
        for name, value in mapping.items()
    }
    try:
        return cls(**values)
    except ValueError as error:
        raise UserError(f'{where}: {error}') from error


def _convert(kind: Any, value: Any, where: str) -> Any:
    """`value` converted to `kind`: a dataclass, container, optional, enum or plain type."""
    origin = typing.get_origin(kind)
    if kind is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        return _convert_union(typing.get_args(kind), value, where)
    if origin in (tuple, list):
        return _convert_sequence(kind, value, where)
    if origin in (dict, Mapping):
        return _convert_dict(kind, value, where)
    if is_dataclass(kind):
        return from_mapping(typing.cast(type, kind), value, where)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _convert_enum(kind, value, where)
    return _convert_plain(kind, value, where)


def _convert_plain(kind: Any, value: Any, where: str) -> Any:
    if kind in _NUMBERS and isinstance(value, int) and abs(value) > _LARGEST:
        raise UserError(f'{where} has {len(str(abs(value)))} digits: too large')
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if (isinstance(value, bool) and kind in _NUMBERS) or not isinstance(value, kind):
        expected = _NUMBERS.get(kind, getattr(kind, '__name__', str(kind)))
        raise UserError(f'{where} must be {expected}, got {_shown(value)}')
    return value


def _convert_union(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and type(None) in kinds:
        return None
    rest = [kind for kind in kinds if kind is not type(None)]
    if len(rest) != 1:
        raise TypeError(f'{where}: a parameter has one type, possibly optional, not {kinds}')
    return _convert(rest[0], value, where)


def _convert_sequence(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, (list, tuple)):
        raise UserError(f'{where} must be a list, got {_shown(value)}')
    made, inner = typing.get_origin(kind), typing.get_args(kind)
    if made is list or inner[-1] is Ellipsis:
        inner = (inner[0],) * len(value)
    if len(inner) != len(value):
        raise UserError(f'{where} must have {len(inner)} entries, got {len(value)}')
    return made(
        _convert(k, v, f'{where}[{i}]') for i, (k, v) in enumerate(zip(inner, value, strict=True))
    )


def _convert_dict(kind: Any, value: Any, where: str) -> dict[Any, Any]:
    if not isinstance(value, Mapping):
        raise UserError(f'{where} must be keys and values, got {_shown(value)}')
    key_kind, value_kind = typing.get_args(kind)
    return {
        _convert(key_kind, k, where): _convert(value_kind, v, f'{where}.{k}')
        for k, v in value.items()
    }


def _convert_enum(kind: type[Enum], value: Any, where: str) -> Enum:
    names = {member.name.lower(): member for member in kind}
    if isinstance(value, kind):
        return value
    if not isinstance(value, str) or value.lower() not in names:
        raise UserError(f'{where} is {_shown(value)}; known: {", ".join(names)}')
    return names[value.lower()]


def _shown(value: Any) -> str:
    return 'nothing' if value is None else f'{type(value).__name__} {value!r}'


class _StrictLoader(yaml.SafeLoader):
    """The safe loader, but a duplicate key is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                mark = key.start_mark
                raise yaml.MarkedYAMLError(None, None, f'key {key.value!r} is given twice', mark)
            if isinstance(key.value, str):
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def load_yaml(path: str | Path) -> Any:
    """The content of a YAML file; UserError with file and line when it is not valid."""
    path = Path(path)
    try:
        return yaml.load(path.read_text(encoding='utf-8'), Loader=_StrictLoader)
    except OSError as error:
        raise UserError(f'{path}: cannot be read: {error.strerror}') from error
    except UnicodeDecodeError as error:
        raise UserError(f'{path}: is not UTF-8 text') from error
    except RecursionError:
        raise UserError(f'{path}: is nested too deeply') from None
    except ValueError as error:  # an integer of thousands of digits, a day that is none
        reason = str(error).partition(';')[0]
        raise UserError(f'{path}: a number or date is not valid: {reason}') from error
    except yaml.YAMLError as error:
        mark = getattr(error, 'problem_mark', None)
        line = f':{mark.line + 1}' if mark else ''
        problem = ' '.join(str(getattr(error, 'problem', None) or error).split())
        raise UserError(f'{path}{line}: is not valid YAML: {problem}') from error


def node_parameters(path: str | Path) -> dict[str, dict[str, Any]]:
    """The parameters of each node in a ROS 2 parameter file, by the node's name. `/**/name` is the
    node of that name in any namespace."""
    nodes = load_yaml(path) or {}
    return {
        str(name).rpartition('/')[2]: (section or {}).get('ros__parameters') or {}
        for name, section in nodes.items()
    }


def load_params(cls: type[T], path: str | Path) -> T:
    """An instance of the dataclass `cls` from a YAML file."""
    return from_mapping(cls, load_yaml(path), str(path))


def as_mapping(params: Any) -> dict[str, Any]:
    """The plain values of a parameter dataclass, as `from_mapping` takes them."""
    return dataclasses.asdict(params)
