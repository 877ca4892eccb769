"""Nodes that tests have left in their process."""

import gc

from rclpy.node import Node


def nodes_left():
    """Types of the nodes of this process that gc.freeze keeps, and that something refers to.

    gc.get_objects leaves out what is frozen.
    """
    known = {id(node) for node in nodes()}
    gc.unfreeze()
    frozen = [type(node).__name__ for node in nodes() if id(node) not in known]
    gc.collect()
    return frozen, [type(node).__name__ for node in nodes()]


def nodes():
    return [thing for thing in gc.get_objects() if isinstance(thing, Node)]
