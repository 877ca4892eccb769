"""Estimates the gripper's contact from the fingers, 100 times a second, and the newest scene
(the contact label of SwitchVLA, arXiv 2506.03574, without its image model).
"""

from __future__ import annotations

import numpy as np

from vla_control.tracking.arm_measurement import ArmMeasurement
from vla_core.frozen import Array
from vla_core.records.action import Contact
from vla_core.records.scene import GroundedObject, GroundedScene
from vla_core.robot.gripper import GRASP_GAP, GripperConfig

EMPTY = 0.002  # m, fingers closer together hold nothing
OPEN = 0.004  # m, from fully open: nothing is held
CLOSED = 0.012  # m, a gripper closed further than this touches with its finger tips
STEADY = 2e-4  # m, largest change of the opening per sample while the fingers are at rest
SAMPLES = 5  # in a row before they count as at rest
REACH = 0.02  # m, tool to the box of an object that it touches


class ContactEstimator:
    """Tracks one gripper; `contact` is its current contact."""

    def __init__(self, gripper: GripperConfig) -> None:
        self._gripper = gripper
        self.opening = gripper.open_width  # m, measured last
        self._steady = 0  # samples in a row
        self._moved = -np.inf  # s, stamp of the last sample in which the fingers moved
        self.scene: GroundedScene | None = None  # the newest
        self.contact = Contact.NONE

    def update(self, measured: ArmMeasurement, commanded: float, tool: Array) -> None:
        """Evaluate one sample; `commanded` m is the commanded opening, `tool` (3,) m the tip."""
        is_steady = abs(measured.opening - self.opening) <= STEADY
        self._steady = self._steady + 1 if is_steady else 0
        self._moved = self._moved if is_steady else measured.stamp
        self.opening = measured.opening
        if self._is_holding(commanded):
            self.contact = Contact.HOLDING
        elif self.opening <= CLOSED and self._is_at_an_object(tool):
            self.contact = Contact.TOUCHING
        elif self.is_steady or commanded > self.opening or self.contact != Contact.HOLDING:
            self.contact = Contact.NONE

    @property
    def is_steady(self) -> bool:
        """True when the fingers are at rest."""
        return self._steady >= SAMPLES

    @property
    def held(self) -> GroundedObject | None:
        """The object that perception reports as held."""
        return next((o for o in self.scene.objects if o.is_held), None) if self.scene else None

    def _is_holding(self, commanded: float) -> bool:
        if not EMPTY < self.opening < self._gripper.open_width - OPEN:
            return False
        if commanded > self.opening + GRASP_GAP:
            return False  # being released
        if not self.is_steady:
            return False
        return self.opening > commanded + GRASP_GAP or self._is_seen_held

    @property
    def _is_seen_held(self) -> bool:
        """True when a scene from after the last finger motion shows a held object."""
        return self.held is not None and self.scene is not None and self.scene.stamp >= self._moved

    def _is_at_an_object(self, tool: Array) -> bool:
        objects = self.scene.objects if self.scene else ()
        return any(distance(item, tool) <= REACH for item in objects)


def distance(item: GroundedObject, point: Array) -> float:
    """Return the distance from the object's upright box to the point (3,) m; 0 inside."""
    middle = np.array(item.position)
    if item.shape == 'button':  # its position is the top of the dome
        middle[2] -= item.size[2] / 2
    offset = point - middle
    c, s = np.cos(item.yaw), np.sin(item.yaw)
    local = np.array([c * offset[0] + s * offset[1], c * offset[1] - s * offset[0], offset[2]])
    return float(np.linalg.norm(np.maximum(np.abs(local) - item.size / 2, 0.0)))


def drop_height(held: GroundedObject, scene: GroundedScene) -> float:
    """Return how far, m, the held object would fall if released: to the highest top below it, or
    to the table (z = 0).
    """
    bottom = float(held.position[2] - held.size[2] / 2)
    tops = [
        float(item.position[2] + item.size[2] / 2)
        for item in scene.objects
        if item.id != held.id and item.shape not in ('button', 'box') and _is_below(item, held)
    ]
    supports = [0.0, *(top for top in tops if top <= bottom + held.size[2] / 2)]
    return bottom - max(supports)


def _is_below(item: GroundedObject, held: GroundedObject) -> bool:
    offset = held.position[:2] - item.position[:2]
    c, s = np.cos(item.yaw), np.sin(item.yaw)
    local = np.abs([c * offset[0] + s * offset[1], c * offset[1] - s * offset[0]])
    return bool(np.all(local <= item.size[:2] / 2))
