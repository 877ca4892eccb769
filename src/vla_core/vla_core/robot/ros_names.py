"""Names by the rules of ROS 2: full ones, and those of topics and actions in a robot file."""

from __future__ import annotations

import re

# topics of an action: its server publishes, its clients subscribe
ACTION_STATUS = '/_action/status'
ACTION_FEEDBACK = '/_action/feedback'  # its type says which action it is

_PART = r'[A-Za-z_][A-Za-z0-9_]*'
_TOPIC = re.compile(rf'(/|~/)?{_PART}(/{_PART})*')


def absolute_name(name: str, namespace: str = '') -> str:
    """Return the full name of a node, topic, service or action; an absolute one stays."""
    if name.startswith('/'):
        return name
    return '/'.join(['', *filter(None, namespace.split('/')), name])


def check_topic(key: str, name: str) -> None:
    """ValueError when `name` is empty or ROS refuses it."""
    if not name:
        raise ValueError(f'{key} is empty: give the name of the topic, e.g. /{key.split()[-1]}')
    if not _TOPIC.fullmatch(name):
        meant = '/'.join(
            re.sub(r'^(?=\d)', '_', re.sub(r'\W', '_', part.strip(), flags=re.ASCII))
            for part in name.strip().split('/') if part.strip()
        )  # fmt: skip
        raise ValueError(
            f'{key} is {name!r}: a ROS name has letters, digits and _ between single /, and no '
            f'part begins with a digit; did you mean {"/" if "/" in name[:2] else ""}{meant}?'
        )


def check_one_reader(topics: dict[str, str]) -> None:
    """ValueError when two keys, e.g. commands of two parts, have the same topic."""
    seen: dict[str, str] = {}
    for key, name in topics.items():
        other = seen.setdefault(name.lstrip('/'), key)
        if other != key:
            raise ValueError(f'{key} is {name}, as is {other}: each needs a topic of its own')
