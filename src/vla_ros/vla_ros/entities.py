"""The entities of a node: publishers, subscriptions, services, clients, timers and actions."""

from __future__ import annotations

import gc
from itertools import chain
from typing import Any

from rclpy.event_handler import EventHandler
from rclpy.node import Node

KINDS = ('timer', 'subscription', 'publisher', 'service', 'client')


def entities_of(node: Node) -> list[Any]:
    """Return every entity that `node` has now."""
    endpoints = chain.from_iterable(getattr(node, f'{kind}s') for kind in KINDS)
    return [*_actions(node), *endpoints]


def destroy(node: Node, entities: list[Any]) -> None:
    """Destroy the given entities that belong to `node`."""
    for action in _actions(node):
        if action in entities:
            action.destroy()
    for kind in KINDS:
        for entity in list(getattr(node, f'{kind}s')):
            if entity in entities:
                getattr(node, f'destroy_{kind}')(entity)


def destroy_with_actions(node: Node) -> None:
    """Destroy a node with its actions.

    `destroy_node` does not destroy actions. They keep the DDS participant until the garbage
    collector finds them: others still discover it, and it can take part in a deadlock (Fast DDS
    issue 6502). So do the lifecycle services of a node that has frozen what it loaded.
    """
    for action in _actions(node):
        action.destroy()
    node.destroy_node()
    gc.unfreeze()


def _actions(node: Node) -> list[Any]:
    """Return action servers and clients; QoS event handlers end with their endpoint."""
    return [entity for entity in node.waitables if not isinstance(entity, EventHandler)]
