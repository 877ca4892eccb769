"""Why a subscription receives nothing: who publishes what, in words."""

from __future__ import annotations

from math import isfinite
from typing import Any

from vla_ros.topics import Topic

COMPRESSED = 'sensor_msgs/msg/CompressedImage'
SHOWN = 6  # other topics that are named at most


def cause_of_silence(node: Any, topic: Topic, silence: float) -> str:
    """Return why no message of `topic` came for `silence` s; infinite: none ever came."""
    name, wanted = topic.name, kind_of(topic)
    publishers = node.get_publishers_info_by_topic(name)
    if not publishers:
        return f'nobody publishes {name}{_others(node, name, wanted)}'
    kinds = sorted({publisher.topic_type for publisher in publishers})
    if wanted not in kinds:
        return f'{name} is of type {", ".join(kinds)}, not {wanted}{_remedy(kinds[0])}'
    sources = ', '.join(sorted({publisher.node_name for publisher in publishers}))
    lasting = f' for {silence:.1f} s' if isfinite(silence) else ' yet'
    return f'no message on {name}{lasting}, although {sources} publishes it'


def kind_of(topic: Topic) -> str:
    """Return the type of a topic as ROS names it, e.g. sensor_msgs/msg/Image."""
    package = topic.type.__module__.partition('.')[0]
    return f'{package}/msg/{topic.type.__name__}'


def _others(node: Any, name: str, wanted: str) -> str:
    """Return which topics of the wanted type, or compressed images, there are instead."""
    table = [(other, kinds) for other, kinds in node.get_topic_names_and_types() if other != name]
    compressed = [
        other for other, kinds in table if COMPRESSED in kinds and other.startswith(name)
    ]
    if compressed:
        return f', only {compressed[0]}{_remedy(COMPRESSED)}'
    same = [other for other, kinds in table if wanted in kinds and node.count_publishers(other)]
    if not same:
        return f'; there is no topic of type {wanted}: is the driver running, on this domain?'
    more = f' and {len(same) - SHOWN} more' if len(same) > SHOWN else ''
    return f'; topics of type {wanted}: {", ".join(same[:SHOWN])}{more}'


def _remedy(kind: str) -> str:
    if kind != COMPRESSED:
        return ''
    return '; publish it raw: ros2 run image_transport republish compressed raw'
