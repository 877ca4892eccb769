"""A parameter that a process was given, before it is a node: it may decide on the transport."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

PARAM, FILE = ('-p', '--param'), '--params-file'


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
