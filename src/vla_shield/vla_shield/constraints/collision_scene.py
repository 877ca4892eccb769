"""The perceived scene in the collision model: objects as boxes, a held one attached to the tool
that holds it."""

from __future__ import annotations

from collections import deque

import numpy as np

from vla_core.frozen import Array
from vla_core.records.scene import GroundedObject, GroundedScene, Role
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.constraints.collision_pairs import MAX_OBJECTS
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
        # (p,) pairs with the object that each arm holds
        self._of_held = [(first == held) | (second == held) for held in model.held]
        self._required = model.required.copy()
        self._is_holding = [False] * len(model.held)

    def record_joints(self, stamp: float, q: Array) -> None:
        """Store the configuration `q` (n,) rad at `stamp`, s."""
        self._past.append((stamp, q))

    def clear_history(self) -> None:
        """Forget past configurations after a clock jump. Objects stay."""
        self._past.clear()

    def update(self, scene: GroundedScene) -> str:
        """Place the objects of `scene`; return why some could not be, or ''."""
        solid = [o for o in scene.objects if not o.is_held and o.role != Role.ROBOT]
        solid.sort(key=lambda o: float(np.linalg.norm(o.position)))
        fault = self._attach_all([o for o in scene.objects if o.is_held], scene.stamp)
        for k in range(MAX_OBJECTS):
            self._place(k, solid[k] if k < len(solid) else None)
        if len(solid) > MAX_OBJECTS:
            return f'scene has {len(solid)} objects, the collision model at most {MAX_OBJECTS}'
        return fault

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
        for is_holding, of_held in zip(self._is_holding, self._of_held, strict=True):
            if item.role in TOUCHED or not is_holding:
                model.is_active[pairs & of_held] = False

    def _attach_all(self, items: list[GroundedObject], stamp: float) -> str:
        """Attach held objects, each to the arm whose tip is nearest; return why one cannot be."""
        model, fault = self._model, ''
        arms: list[GroundedObject | None] = [None] * len(model.held)
        q = min(self._past, key=lambda entry: abs(entry[0] - stamp))[1] if self._past else None
        if len(arms) == 1:
            arms = [next(iter(items), None)]
        elif q is not None:
            tips = [model.tip(q, arm)[:3, 3] for arm in range(len(arms))]
            for item in items:
                arm = int(np.argmin([np.linalg.norm(item.position - tip) for tip in tips]))
                if arms[arm] is not None:
                    fault = f'arm {model.tree.arms[arm]} holds more than one object'
                arms[arm] = item
        for arm, held in enumerate(arms):
            self._attach(arm, held, q)
        return fault

    def _attach(self, arm: int, item: GroundedObject | None, q: Array | None) -> None:
        """Attach an object to the tool of an arm, as they were with the joints at `q` (n,) rad."""
        model, of_held = self._model, self._of_held[arm]
        self._is_holding[arm] = item is not None and q is not None
        if item is None or q is None:
            model.is_active[of_held] = False
            model.set_box(model.held[arm], np.full(3, 0.01), None)
            return
        model.is_active[of_held & ~model.is_of_object] = True
        last_from_object = np.linalg.inv(model.last_link(q, arm)) @ _upright(item)
        model.set_box(model.held[arm], item.size, last_from_object)


def _upright(item: GroundedObject) -> Array:
    """4x4 base_from_object of an upright box."""
    c, s = np.cos(item.yaw), np.sin(item.yaw)
    pose = np.eye(4)
    pose[:2, :2] = [[c, -s], [s, c]]
    pose[:3, 3] = item.position
    return pose
