"""Validation of a target: order, joints, array sizes, values."""

from __future__ import annotations

from math import isfinite

import numpy as np

from vla_core.frozen import Array
from vla_core.records.action import Source, Target
from vla_core.robot.config import RobotConfig
from vla_shield.inputs import vector_checks
from vla_shield.inputs.joint_index import JointIndex

SOURCES = frozenset(Source)
CORRUPT_RATIO = 10.0  # times a limit: no fast motion, but a corrupt number


class TargetValidator:
    """Checks targets against the robot's joints and limits."""

    def __init__(self, robot: RobotConfig) -> None:
        limits = robot.limits
        self._index = JointIndex(robot.joint_names)
        self._max_velocity: Array = CORRUPT_RATIO * limits.velocity  # rad/s
        furthest = np.maximum(np.abs(limits.lower), np.abs(limits.upper))
        self._max_position: Array = CORRUPT_RATIO * furthest  # rad
        self._max_opening = CORRUPT_RATIO * robot.gripper.open_width  # m

    def fault(self, target: Target, previous: float) -> str:
        """Why a target is refused, or ''; `previous` is the stamp of the last valid one, s."""
        return (
            self._order_fault(target, previous)
            or self._shape_fault(target)
            or self._value_fault(target)
        )

    def in_order(self, target: Target) -> tuple[Array, Array]:
        """Position and velocity of a valid target in the robot's order of joints."""
        index = self._index.of(target.names)
        return target.position[index], target.velocity[index]

    def _order_fault(self, target: Target, previous: float) -> str:
        if not isfinite(target.stamp):
            return 'target stamp is not finite'
        if target.stamp == previous:
            return 'target stamp is a duplicate'
        return 'target is older than the previous one' if target.stamp < previous else ''

    def _shape_fault(self, target: Target) -> str:
        if self._index.of(target.names) is None:
            return f'target lacks joints {self._index.missing(target.names)}'
        if len(target.names) != len(self._index.joints):
            return f'target has joints that are not in the arm: {list(target.names)}'
        shape = (len(self._index.joints),)
        is_sized = target.position.shape == shape and target.velocity.shape == shape
        return '' if is_sized else 'target has arrays of the wrong size'

    def _value_fault(self, target: Target) -> str:
        position, velocity = target.position, target.velocity
        is_finite = isfinite(target.gripper) and isfinite(target.chunk_stamp)
        if not (is_finite and vector_checks.are_finite(position, velocity)):
            return 'target is not finite'
        if target.source not in SOURCES:
            return f'target source is {target.source}'
        index = self._index.of(target.names)
        is_plausible = (
            vector_checks.max_ratio(position[index], self._max_position) <= 1.0
            and vector_checks.max_ratio(velocity[index], self._max_velocity) <= 1.0
            and abs(target.gripper) <= self._max_opening
        )
        return '' if is_plausible else 'target exceeds ten times a limit: corrupt'
