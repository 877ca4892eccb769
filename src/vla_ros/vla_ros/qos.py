"""The five QoS profiles of the stack."""

from __future__ import annotations

from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy

_BEST_EFFORT = QoSReliabilityPolicy.BEST_EFFORT
_RELIABLE = QoSReliabilityPolicy.RELIABLE
_LATCHED = QoSDurabilityPolicy.TRANSIENT_LOCAL

SENSOR = QoSProfile(depth=1, reliability=_BEST_EFFORT)  # newest sample or none
SAMPLES = QoSProfile(
    depth=50, reliability=_BEST_EFFORT
)  # of many publishers: none replaces another
COMMAND = QoSProfile(depth=1, reliability=_RELIABLE)  # newest command, never a backlog
STATE = QoSProfile(depth=1, reliability=_RELIABLE, durability=_LATCHED)  # late joiners see it
EVENT = QoSProfile(depth=50, reliability=_RELIABLE)  # none may be lost; also: many publishers
