"""Parameters of a node from its dataclass: read-only, described, unknown names refused.

`given_parameter` is for one that a process was given, before it is a node.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar, cast, get_type_hints

import yaml
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.node import Node

from vla_core.errors import UserError
from vla_core.params import Spec, from_mapping, spec_of

T = TypeVar('T')
PARAM, FILE = ('-p', '--param'), '--params-file'  # of ROS arguments
RCLPY_PARAMETERS = ('use_sim_time', 'start_type_description_service')  # declared by rclpy


def declare(node: Node, cls: type[T]) -> T:
    """Return `cls` filled from the node's parameters; nested dataclasses are 'outer.inner'.

    UserError names an unknown or missing parameter and what is known.
    """
    known = {name: (default, spec) for name, default, spec in leaves(cls)}
    overrides = node._parameter_overrides  # no public API for overrides that are not declared
    unknown = [name for name in overrides if name not in known and name not in RCLPY_PARAMETERS]
    if unknown:
        raise UserError(f'{node.get_name()}: unknown parameter {unknown}; known: {sorted(known)}')
    values: dict[str, Any] = {}
    for name, (default, spec) in known.items():
        if default is MISSING and name not in overrides:
            raise UserError(f'{node.get_name()}: parameter {name!r} is missing ({spec.text})')
        _place(values, name, _declared(node, name, default, spec))
    return from_mapping(cls, values, node.get_name())


def _declared(node: Node, name: str, default: Any, spec: Spec) -> Any:
    if node.has_parameter(name):  # configured before, cleaned up, configured again
        return node.get_parameter(name).value
    descriptor = ParameterDescriptor(description=spec.text, read_only=True, dynamic_typing=True)
    return node.declare_parameter(name, plain(default), descriptor).value


def leaves(cls: type, prefix: str = '') -> Iterator[tuple[str, Any, Spec]]:
    """Yield (name, default or MISSING, spec) of every plain field, nested ones with dots."""
    hints = get_type_hints(cls)
    for item in fields(cls):
        name, kind = f'{prefix}{item.name}', hints[item.name]
        if is_dataclass(kind):
            yield from leaves(cast(type, kind), f'{name}.')
        else:
            yield name, _default(item), spec_of(item)


def _default(item: Field[Any]) -> Any:
    return item.default if item.default_factory is MISSING else item.default_factory()


def plain(value: Any) -> Any:
    """Return a default as a ROS parameter holds it: no tuples, no enums."""
    if value is MISSING:
        return None
    if isinstance(value, Enum):
        return value.name.lower()
    return list(value) if isinstance(value, tuple) else value


def _place(values: dict[str, Any], name: str, value: Any) -> None:
    *path, last = name.split('.')
    for part in path:
        values = values.setdefault(part, {})
    values[last] = list(value) if hasattr(value, 'typecode') else value


def given_parameter(name: str, arguments: Sequence[str]) -> str:
    """The value of `name` in ROS arguments or the files that they name, the last one; '' without.

    A file that cannot be read counts as empty here: rcl names it when the node is made.
    """
    found = ''
    for flag, value in pairwise(arguments):
        if flag in PARAM and value.startswith(f'{name}:='):
            found = value.partition(':=')[2].strip('\'"')
        elif flag == FILE:
            found = _in_file(name, Path(value)) or found
    return found


def _in_file(name: str, path: Path) -> str:
    content: Any = None
    with suppress(OSError, yaml.YAMLError):
        content = yaml.safe_load(path.read_text(encoding='utf-8'))
    return next((str(value) for value in _values(content, name)), '')


def _values(content: Any, name: str) -> list[Any]:
    """Values of ros__parameters at any depth: files may name namespaces."""
    if not isinstance(content, dict):
        return []
    own = content.get('ros__parameters')
    here = [own[name]] if isinstance(own, dict) and name in own else []
    return here + [v for part in content.values() for v in _values(part, name)]
