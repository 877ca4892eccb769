"""The five QoS profiles of the stack, and which do not fit each other."""

from __future__ import annotations

from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy

_BEST_EFFORT = QoSReliabilityPolicy.BEST_EFFORT
_RELIABLE = QoSReliabilityPolicy.RELIABLE
_VOLATILE = QoSDurabilityPolicy.VOLATILE
_LATCHED = QoSDurabilityPolicy.TRANSIENT_LOCAL

SENSOR = QoSProfile(depth=1, reliability=_BEST_EFFORT)  # newest sample or none
SAMPLES = QoSProfile(
    depth=50, reliability=_BEST_EFFORT
)  # of many publishers: none replaces another
COMMAND = QoSProfile(depth=1, reliability=_RELIABLE)  # newest command, never a backlog
STATE = QoSProfile(depth=1, reliability=_RELIABLE, durability=_LATCHED)  # late joiners see it
EVENT = QoSProfile(depth=50, reliability=_RELIABLE)  # none may be lost; also: many publishers


def qos_mismatch(offered: QoSProfile, requested: QoSProfile) -> str:
    """Return why a subscription that requests `requested` receives nothing from a publisher that
    offers `offered`; '' when it does.

    Deadline and liveliness are not compared: the stack uses neither.
    """
    if offered.reliability == _BEST_EFFORT and requested.reliability == _RELIABLE:
        return 'best effort offered, reliable requested'
    if offered.durability == _VOLATILE and requested.durability == _LATCHED:
        return 'volatile offered, latched requested'
    return ''
