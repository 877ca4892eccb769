"""Which function shows each fault, in what set-up; which faults are left out, and why.

The control of this bench is `./vla test unguarded`: with its check removed from the running graph,
each fault must miss its bound.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from vla_bench.faults import (
    clock,
    corrupted_messages,
    decoy,
    features,
    graph,
    joint_limits,
    nodes,
    obstacle,
    sensors,
)
from vla_bench.faults.bounds import ReactionBounds
from vla_bench.faults.rig import FaultRig
from vla_core.result import Figure


class FaultSetup(Enum):
    """What a fault needs to run in."""

    ALONE = 'alone'  # without a graph, or with one of its own
    PLAIN = 'plain'  # the unmodified graph
    PROXIED = 'proxied'  # with a proxy in front of shield and control
    CLOCKED = 'clocked'  # on a ROS clock that can jump
    LEARNED = 'learned'  # with a checkpoint as policy, and a proxy in front of the failure node


@dataclass(frozen=True)
class FaultCase:
    """`live` runs on a graph, `alone` after that graph has ended; `is_last`: the graph ends."""

    setup: FaultSetup
    live: Callable[[FaultRig, ReactionBounds], Iterator[Figure]] | None = None
    alone: Callable[[Namespace], Iterator[Figure]] | None = None
    is_last: bool = False


# in the order of injection: faults that end a node come late
FAULTS = {
    'F1': FaultCase(FaultSetup.PROXIED, corrupted_messages.f1),
    'F9': FaultCase(FaultSetup.PROXIED, corrupted_messages.f9),
    'F11': FaultCase(FaultSetup.PROXIED, corrupted_messages.f11),
    'F15': FaultCase(FaultSetup.PROXIED, corrupted_messages.f15),
    'F5': FaultCase(FaultSetup.PLAIN, sensors.f5),
    'F6': FaultCase(FaultSetup.PLAIN, sensors.f6),
    'F8': FaultCase(FaultSetup.PLAIN, sensors.f8),
    'F17': FaultCase(FaultSetup.PLAIN, obstacle.f17),
    'F19': FaultCase(FaultSetup.PLAIN, sensors.f19),
    'F24': FaultCase(FaultSetup.PLAIN, graph.f24),
    'F25': FaultCase(FaultSetup.PLAIN, graph.f25),
    'F13': FaultCase(FaultSetup.PLAIN, nodes.f13),
    'F14': FaultCase(FaultSetup.PLAIN, nodes.f14),
    'F22': FaultCase(FaultSetup.PLAIN, nodes.f22),
    'F18': FaultCase(FaultSetup.PLAIN, sensors.f18),
    'F2': FaultCase(FaultSetup.PLAIN, nodes.f2),
    'F4': FaultCase(FaultSetup.PLAIN, nodes.f4),
    'F3': FaultCase(FaultSetup.PLAIN, nodes.f3, is_last=True),
    'F10': FaultCase(FaultSetup.CLOCKED, clock.f10),
    'F21': FaultCase(FaultSetup.LEARNED, features.f21, features.f21_binding, is_last=True),
    'F12': FaultCase(FaultSetup.ALONE, alone=graph.f12),
    'F26': FaultCase(FaultSetup.ALONE, alone=graph.f26),
    'F20': FaultCase(FaultSetup.ALONE, alone=decoy.f20),
    'F16': FaultCase(FaultSetup.ALONE, alone=joint_limits.f16),
}

LEFT_OUT = {
    'F7': 'nothing tracks people yet',
    'F8 (base)': 'there is no base yet; the camera part is shown',
    'F23': 'measured by ./vla bench switch',
    'F24 (with SROS2)': 'security is not set up; detection without it is shown',
}
