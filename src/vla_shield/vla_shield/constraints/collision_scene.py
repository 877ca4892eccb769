"""What the scene says is in the way: perceived objects as boxes in the body's slots, the held
one on the tool."""

from __future__ import annotations

from collections import deque

import numpy as np

from vla_core.frozen import Array
from vla_core.records.scene import GroundedObject, GroundedScene, Role
from vla_shield.constraints.collision_model import SLOTS, CollisionModel
from vla_shield.params import ShieldParams

TOUCHED = (Role.TARGET, Role.DESTINATION)  # the gripper may touch these, the arm may not
HISTORY = 100  # joint samples kept, to know where the tool was when a picture was taken


class CollisionScene:
    """Boxes around the robot. Objects stay where they were last seen until a newer scene says
    otherwise."""

    def __init__(self, params: ShieldParams, body: CollisionModel) -> None:
        self._params = params
        self._body = body
        self._past: deque[tuple[float, Array]] = deque(maxlen=HISTORY)  # (s, (n,) rad)
        first, second = body.first, body.second
        self._of_slot = [second == slot for slot in body.slots]
        self._is_gripper = np.isin(first, body.gripper)
        self._is_held = first == body.held
        self._least = body.least.copy()
        self._is_holding = False

    def remember(self, stamp: float, q: Array) -> None:
        """Note where the arm was."""
        self._past.append((stamp, q))

    def forget(self) -> None:
        """The clock jumped: past poses mean nothing any more. Objects stay."""
        self._past.clear()

    def update(self, scene: GroundedScene) -> str:
        """Place the objects of `scene`; return what could not be, or ''."""
        held = next((o for o in scene.objects if o.is_held), None)
        solid = [o for o in scene.objects if not o.is_held and o.role != Role.ROBOT]
        solid.sort(key=lambda o: float(np.linalg.norm(o.position)))
        self._hold(held, scene.stamp)
        for k in range(SLOTS):
            self._fill(k, solid[k] if k < len(solid) else None)
        return (
            ''
            if len(solid) <= SLOTS
            else f'{len(solid)} objects, only {SLOTS} can be kept clear of'
        )

    def _fill(self, k: int, item: GroundedObject | None) -> None:
        body, pairs = self._body, self._of_slot[k]
        if item is None:
            body.is_active[pairs] = False
            return
        size = item.size + 2.0 * min(self._params.inflate * item.sigma, self._params.inflate_max)
        body.set_box(body.slots[k], size, _upright(item))
        body.is_active[pairs] = True
        body.least[pairs] = (
            self._params.human_clearance if item.role == Role.HUMAN else self._least[pairs]
        )
        if item.role in TOUCHED:
            body.is_active[pairs & self._is_gripper] = False
        if item.role in TOUCHED or not self._is_holding:
            body.is_active[pairs & self._is_held] = False

    def _hold(self, item: GroundedObject | None, stamp: float) -> None:
        body = self._body
        table = self._is_held & (body.second == body.table)
        self._is_holding = item is not None and bool(self._past)
        body.is_active[table] = self._is_holding
        if item is None or not self._past:
            body.is_active[self._is_held] = False
            body.set_box(body.held, np.full(3, 0.01), None)
            return
        q = min(self._past, key=lambda entry: abs(entry[0] - stamp))[1]
        last_from_object = np.linalg.inv(body.last_link(q)) @ _upright(item)
        body.set_box(body.held, item.size, last_from_object)


def _upright(item: GroundedObject) -> Array:
    """4x4 base_from_object of an upright box."""
    c, s = np.cos(item.yaw), np.sin(item.yaw)
    place = np.eye(4)
    place[:2, :2] = [[c, -s], [s, c]]
    place[:3, 3] = item.position
    return place
