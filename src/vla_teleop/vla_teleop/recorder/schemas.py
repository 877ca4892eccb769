"""Message definitions for MCAP: a type and all its nested types in one text."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

from vla_core.errors import UserError

SEPARATOR = '=' * 80
BUILT_IN = {
    'bool', 'byte', 'char', 'float32', 'float64', 'int8', 'uint8', 'int16', 'uint16',
    'int32', 'uint32', 'int64', 'uint64', 'string', 'wstring',
}  # fmt: skip
FIELD = re.compile(r'^\s*([A-Za-z][\w/]*)(?:<=\d+)?(?:\[[^\]]*\])?\s+[A-Za-z]\w*')


@lru_cache(maxsize=256)
def definition(type_name: str) -> str:
    """Return the ros2msg text of 'package/msg/Name' with all nested types appended."""
    parts = [_source(type_name)]
    seen = {type_name}
    queue = _nested(type_name)
    while queue:
        name = queue.pop(0)
        if name in seen:
            continue
        seen.add(name)
        package, _, short = name.partition('/msg/')
        parts.append(f'{SEPARATOR}\nMSG: {package}/{short}\n{_source(name)}')
        queue += _nested(name)
    return '\n'.join(parts)


def _nested(type_name: str) -> list[str]:
    package = type_name.split('/')[0]
    found = []
    for line in _source(type_name).splitlines():
        match = FIELD.match(line.split('#')[0])
        if match and match[1] not in BUILT_IN:
            found.append(_full(match[1], package))
    return found


def _full(name: str, package: str) -> str:
    """Return 'Header' or 'std_msgs/Header' as 'std_msgs/msg/Header'."""
    if '/' not in name:
        return f'{package}/msg/{name}'
    owner, _, short = name.rpartition('/')
    return f'{owner.split("/")[0]}/msg/{short}'


@lru_cache(maxsize=256)
def _source(type_name: str) -> str:
    package, _, short = type_name.partition('/msg/')
    prefixes = os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)
    for prefix in filter(None, prefixes):
        path = Path(prefix) / 'share' / package / 'msg' / f'{short}.msg'
        if path.is_file():
            return path.read_text(encoding='utf-8')
    raise UserError(
        f'no definition of {type_name} under AMENT_PREFIX_PATH; run through ./vla, '
        'which builds and sources the workspace'
    )
