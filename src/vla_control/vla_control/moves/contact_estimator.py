"""Is the hand in contact? Judged from the fingers, 100 times a second, and from the newest scene
(the contact label of SwitchVLA, arXiv 2506.03574, without its image model).
"""

from __future__ import annotations

import numpy as np

from vla_control.tracking.arm_measurement import ArmMeasurement
from vla_core.frozen import Array
from vla_core.records.action import Contact
from vla_core.records.scene import GroundedObject, GroundedScene
from vla_core.robot.config import SQUEEZES, GripperConfig

EMPTY = 0.002  # m, fingers nearer than this hold nothing
OPEN = 0.004  # m, from fully open: nothing is held
CLOSED = 0.012  # m, a hand below this touches with the tips of its fingers
STEADY = 2e-4  # m, change of the opening from sample to sample that is none
SAMPLES = 5  # steady in a row before it counts
REACH = 0.02  # m, tool to the box of a thing that it touches


class ContactEstimator:
    """Follows one hand; `contact` is what it touches now."""

    def __init__(self, gripper: GripperConfig) -> None:
        self._gripper = gripper
        self.opening = gripper.open_width  # m, measured last
        self._steady = 0  # samples in a row
        self._moved = -np.inf  # s, stamp of the last sample in which the fingers moved
        self.scene: GroundedScene | None = None  # the newest
        self.contact = Contact.NONE

    def update(self, measured: ArmMeasurement, asked: float, tool: Array) -> None:
        """Judge one sample; `asked` m is the opening that the fingers are told to take."""
        is_steady = abs(measured.opening - self.opening) <= STEADY
        self._steady = self._steady + 1 if is_steady else 0
        self._moved = self._moved if is_steady else measured.stamp
        self.opening = measured.opening
        if self._is_holding(asked):
            self.contact = Contact.HOLDING
        elif self.opening <= CLOSED and self._is_at_a_thing(tool):
            self.contact = Contact.TOUCHING
        elif self.is_steady or asked > self.opening or self.contact != Contact.HOLDING:
            self.contact = Contact.NONE

    @property
    def is_steady(self) -> bool:
        """True when the fingers do not move."""
        return self._steady >= SAMPLES

    @property
    def held(self) -> GroundedObject | None:
        """The thing that perception sees in the hand."""
        return next((o for o in self.scene.objects if o.is_held), None) if self.scene else None

    def _is_holding(self, asked: float) -> bool:
        if not EMPTY < self.opening < self._gripper.open_width - OPEN:
            return False
        if asked > self.opening + SQUEEZES:
            return False  # it is being let go
        if not self.is_steady:
            return False
        return self.opening > asked + SQUEEZES or self._is_seen_held

    @property
    def _is_seen_held(self) -> bool:
        """True when perception says so of a moment after the fingers last moved."""
        return self.held is not None and self.scene is not None and self.scene.stamp >= self._moved

    def _is_at_a_thing(self, tool: Array) -> bool:
        things = self.scene.objects if self.scene else ()
        return any(distance(thing, tool) <= REACH for thing in things)


def distance(thing: GroundedObject, point: Array) -> float:
    """m, from the thing's upright box to the point (3,) m; 0 inside."""
    middle = np.array(thing.position)
    if thing.shape == 'button':  # placed by the top of its dome
        middle[2] -= thing.size[2] / 2
    away = point - middle
    c, s = np.cos(thing.yaw), np.sin(thing.yaw)
    local = np.array([c * away[0] + s * away[1], c * away[1] - s * away[0], away[2]])
    return float(np.linalg.norm(np.maximum(np.abs(local) - thing.size / 2, 0.0)))


def drop_height(held: GroundedObject, scene: GroundedScene) -> float:
    """m, how far the held thing would fall if it were let go now: to the highest top under it, or
    to the table (z = 0).
    """
    bottom = float(held.position[2] - held.size[2] / 2)
    under = [
        float(thing.position[2] + thing.size[2] / 2)
        for thing in scene.objects
        if thing.id != held.id and thing.shape not in ('button', 'box') and _is_under(thing, held)
    ]
    supports = [0.0, *(top for top in under if top <= bottom + held.size[2] / 2)]
    return bottom - max(supports)


def _is_under(thing: GroundedObject, held: GroundedObject) -> bool:
    away = held.position[:2] - thing.position[:2]
    c, s = np.cos(thing.yaw), np.sin(thing.yaw)
    local = np.abs([c * away[0] + s * away[1], c * away[1] - s * away[0]])
    return bool(np.all(local <= thing.size[:2] / 2))
