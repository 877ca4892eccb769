"""The perceived scene in the collision model: objects as boxes, the held one attached to the
tool."""

from __future__ import annotations

from collections import deque

import numpy as np

from vla_core.frozen import Array
from vla_core.records.scene import GroundedObject, GroundedScene, Role
from vla_shield.constraints.collision_model import MAX_OBJECTS, CollisionModel
from vla_shield.params import ShieldParams

TOUCHED = (Role.TARGET, Role.DESTINATION)  # the gripper may touch these, the arm may not
HISTORY = 100  # joint samples kept, to know the tool's pose at the time of an image


class CollisionScene:
    """Places objects in the collision model. They stay where they were last seen until a newer
    scene moves them."""

    def __init__(self, params: ShieldParams, model: CollisionModel) -> None:
        self._params = params
        self._model = model
        self._past: deque[tuple[float, Array]] = deque(maxlen=HISTORY)  # (s, (n,) rad)
        first, second = model.first, model.second
        self._of_slot = [second == slot for slot in model.slots]
        self._is_gripper = np.isin(first, model.gripper)
        self._is_held = first == model.held
        self._required = model.required.copy()
        self._is_holding = False

    def record_joints(self, stamp: float, q: Array) -> None:
        """Store the configuration `q` (n,) rad at `stamp`, s."""
        self._past.append((stamp, q))

    def clear_history(self) -> None:
        """Forget past configurations after a clock jump. Objects stay."""
        self._past.clear()

    def update(self, scene: GroundedScene) -> str:
        """Place the objects of `scene`; return why some could not be, or ''."""
        held = next((o for o in scene.objects if o.is_held), None)
        solid = [o for o in scene.objects if not o.is_held and o.role != Role.ROBOT]
        solid.sort(key=lambda o: float(np.linalg.norm(o.position)))
        self._attach(held, scene.stamp)
        for k in range(MAX_OBJECTS):
            self._place(k, solid[k] if k < len(solid) else None)
        return (
            ''
            if len(solid) <= MAX_OBJECTS
            else f'scene has {len(solid)} objects, the collision model at most {MAX_OBJECTS}'
        )

    def _place(self, k: int, item: GroundedObject | None) -> None:
        model, pairs = self._model, self._of_slot[k]
        if item is None:
            model.is_active[pairs] = False
            return
        size = item.size + 2.0 * min(self._params.inflate * item.sigma, self._params.inflate_max)
        model.set_box(model.slots[k], size, _upright(item))
        model.is_active[pairs] = True
        model.required[pairs] = (
            self._params.human_clearance if item.role == Role.HUMAN else self._required[pairs]
        )
        if item.role in TOUCHED:
            model.is_active[pairs & self._is_gripper] = False
        if item.role in TOUCHED or not self._is_holding:
            model.is_active[pairs & self._is_held] = False

    def _attach(self, item: GroundedObject | None, stamp: float) -> None:
        model = self._model
        table = self._is_held & (model.second == model.table)
        self._is_holding = item is not None and bool(self._past)
        model.is_active[table] = self._is_holding
        if item is None or not self._past:
            model.is_active[self._is_held] = False
            model.set_box(model.held, np.full(3, 0.01), None)
            return
        q = min(self._past, key=lambda entry: abs(entry[0] - stamp))[1]
        last_from_object = np.linalg.inv(model.last_link(q)) @ _upright(item)
        model.set_box(model.held, item.size, last_from_object)


def _upright(item: GroundedObject) -> Array:
    """4x4 base_from_object of an upright box."""
    c, s = np.cos(item.yaw), np.sin(item.yaw)
    pose = np.eye(4)
    pose[:2, :2] = [[c, -s], [s, c]]
    pose[:3, 3] = item.position
    return pose
