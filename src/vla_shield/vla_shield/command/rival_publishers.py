"""Other nodes that publish commands to the robot."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def rival_publisher(
    own: str, topics: Iterable[str], publishers_of: Callable[[str], list[str]]
) -> str:
    """Who beside the node `own` publishes one of the topics, or ''; names are full names."""
    for topic in topics:
        publishers = publishers_of(topic)
        others = [name for name in publishers if name != own]
        if publishers.count(own) > 1:
            others.append(f'another {own}')
        if others:
            return f'other publisher of {topic}: {", ".join(others)}'
    return ''
