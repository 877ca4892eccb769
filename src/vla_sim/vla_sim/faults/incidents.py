"""Incidents, detected from the simulator's state: drops, collisions, tipped boxes."""

from __future__ import annotations

from dataclasses import dataclass, field

import mujoco
import numpy as np

from vla_core.frozen import Array
from vla_sim.scenes.episode import SceneObject
from vla_sim.scenes.robot_body import ROBOT, TABLE
from vla_sim.scenes.task_truth import UPRIGHT, TaskState, state_of, touching
from vla_sim.world import SimWorld

MAX_FALL = 0.05  # m; a longer fall is a drop
IN_BOX = 0.02  # m, added to the height of a box for an object that falls into it
BELOW = -0.03  # m; an object with a lower centre fell off the table
REST = 0.01  # m/s
FORCE = 5.0  # N, smallest force of a collision


@dataclass
class FallIncident:
    """A released object that is not yet at rest."""

    height: float  # m, of its centre at the release


@dataclass
class IncidentDetector:
    """Monitors one episode; `named` are the objects that the instruction allows to touch. Call
    `look` every 10 ms.
    """

    world: SimWorld
    named: set[str]
    fall: float = MAX_FALL  # m; a longer fall is a drop
    found: dict[str, str] = field(default_factory=dict)  # kind: text of the first one
    held: str = ''  # name of the object between the fingers
    let_go: set[str] = field(default_factory=set)  # names of objects that were held before
    falls: dict[str, float] = field(default_factory=dict)  # m, the longest of each released object

    def __post_init__(self) -> None:
        model, things = self.world.model, self.world.episode.things
        self._free = [obj for obj in things if obj.is_free]
        self._boxes = [obj for obj in things if obj.shape == 'box']
        self._bodies = {obj.name: model.body(obj.name).id for obj in things}
        self._falling: dict[str, FallIncident] = {}
        self._was_held: set[str] = set()
        self._allowed_bodies = {0}
        self.allow(*self.named)

    def begin(self) -> None:
        """Clear all incidents and falls in progress."""
        self.found.clear()
        self.falls.clear()
        self._falling.clear()

    def forget(self, name: str) -> None:
        """Ignore this object from now on: it was removed on purpose."""
        self._free = [obj for obj in self._free if obj.name != name]
        self._falling.pop(name, None)

    def allow(self, *names: str) -> None:
        """Allow contact with these objects as well."""
        model = self.world.model
        for body in range(model.nbody):  # a button's dome, a drawer: parts are named after it
            owner = model.body(body).name.removesuffix('_part')
            if owner in names:
                self._allowed_bodies.add(body)

    def look(self) -> None:
        """Update with the current state."""
        for obj in self._free:
            self._follow(obj)
        for box in self._boxes:
            if self._state(box).rotation[2, 2] < UPRIGHT:
                self._record('spill', f'the {box.label} is tipped over')
        self._note_collisions()

    def settle(self) -> None:
        """End of the episode: close the falls in progress."""
        for obj in self._free:
            if obj.name in self._falling:
                self._landed(obj, self._state(obj).position)

    def _follow(self, obj: SceneObject) -> None:
        now = self._state(obj)
        if now.position[2] < BELOW:
            self._record('drop', f'the {obj.label} fell off the table')
        model, data, fingers = self.world.model, self.world.data, self.world.finger_bodies
        at = touching(model, data, self._bodies[obj.name], fingers)
        if at == fingers:
            self.held = obj.name
            self._was_held.add(obj.name)
            self._falling.pop(obj.name, None)
            self.let_go.discard(obj.name)
        elif obj.name in self._was_held and not at:
            self._was_held.discard(obj.name)
            self.let_go.add(obj.name)
            self.held = '' if self.held == obj.name else self.held
            self._falling[obj.name] = FallIncident(float(now.position[2]))
        elif obj.name in self._falling and now.speed <= REST and self._is_supported(obj):
            self._landed(obj, now.position)

    def _landed(self, obj: SceneObject, place: Array) -> None:
        fall = self._falling.pop(obj.name).height - float(place[2])
        self.falls[obj.name] = max(fall, self.falls.get(obj.name, 0.0))
        limit = self.fall
        for box in self._boxes:
            inside = np.abs(self._local(box, place)[:2]) <= 0.5 * box.size[:2]
            if np.all(inside):
                limit = max(limit, float(box.size[2]) + IN_BOX)
        if fall > limit:
            self._record('drop', f'the {obj.label} fell {fall:.3f} m')

    def is_carried(self, name: str) -> bool | None:
        """True when only the fingers support the object, False when they do not touch it, else
        None.
        """
        obj = self.world.episode.thing(name)
        model, data, fingers = self.world.model, self.world.data, self.world.finger_bodies
        at = touching(model, data, self._bodies[name], fingers)
        if not at:
            return False
        return True if at == fingers and not self._is_supported(obj) else None

    def _is_supported(self, obj: SceneObject) -> bool:
        """True when it touches anything but the robot."""
        model, data, body = self.world.model, self.world.data, self._bodies[obj.name]
        geoms = data.contact.geom
        is_its = np.any(model.geom_bodyid[geoms] == body, axis=1)
        is_robot = np.any(model.geom_contype[geoms] == ROBOT, axis=1)
        return bool(np.any(is_its & ~is_robot & (data.contact.dist <= 0.0)))

    def _note_collisions(self) -> None:
        model, data = self.world.model, self.world.data
        geoms = data.contact.geom
        if not len(geoms):
            return
        types = model.geom_contype[geoms]
        bodies = model.geom_bodyid[geoms]
        is_robot = np.any(types == ROBOT, axis=1)
        is_self = np.all(types == ROBOT, axis=1)
        is_table = is_robot & np.any(types == TABLE, axis=1)
        other = np.where(types[:, 0] == ROBOT, bodies[:, 1], bodies[:, 0])
        is_free = np.isin(other, list(self._allowed_bodies)) & ~is_table & ~is_self
        for k in np.flatnonzero(is_robot & ~is_free & (data.contact.dist <= 0.0)):
            force = np.zeros(6)
            mujoco.mj_contactForce(model, data, int(k), force)
            if force[0] > FORCE:
                names = ' and '.join(model.body(int(b)).name for b in bodies[k])
                self._record('collision', f'{names}, {force[0]:.0f} N')

    def _local(self, box: SceneObject, place: Array) -> Array:
        frame = self._state(box)
        local: Array = frame.rotation.T @ (place - frame.position)
        return local

    def _state(self, obj: SceneObject) -> TaskState:
        return state_of(self.world.model, self.world.data, obj)

    def _record(self, kind: str, text: str) -> None:
        self.found.setdefault(kind, f'{self.world.time:.2f} s: {text}')
