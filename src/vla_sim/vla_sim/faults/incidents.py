"""What must not happen, seen by the simulator: drops, collisions, a box that is tipped over."""

from __future__ import annotations

from dataclasses import dataclass, field

import mujoco
import numpy as np

from vla_core.frozen import Array
from vla_sim.scenes.episode import SceneObject
from vla_sim.scenes.robot_body import ROBOT, TABLE
from vla_sim.scenes.task_truth import UPRIGHT, TaskState, state_of, touching
from vla_sim.world import SimWorld

MAX_FALL = 0.05  # m, let go higher than this above what it lands on is a drop
IN_BOX = 0.02  # m, more than the height of the box, for what falls into one
BELOW = -0.03  # m, centre of a thing that fell off the table
REST = 0.01  # m/s
FORCE = 5.0  # N, of a touch that nobody asked for


@dataclass
class FallIncident:
    """A thing let go and not yet at rest."""

    height: float  # m, of its centre when it was let go


@dataclass
class IncidentDetector:
    """Watches one episode; `named` are the things that the words allow to touch. `look` every
    10 ms.
    """

    world: SimWorld
    named: set[str]
    fall: float = MAX_FALL  # m, more is a drop
    found: dict[str, str] = field(default_factory=dict)  # kind: the first of it, for people
    held: str = ''  # name of the thing between the fingers
    let_go: set[str] = field(default_factory=set)  # names of what was held and is not any more
    falls: dict[str, float] = field(default_factory=dict)  # m, the longest of each thing let go

    def __post_init__(self) -> None:
        model, things = self.world.model, self.world.episode.things
        self._free = [thing for thing in things if thing.is_free]
        self._boxes = [thing for thing in things if thing.shape == 'box']
        self._bodies = {thing.name: model.body(thing.name).id for thing in things}
        self._falling: dict[str, FallIncident] = {}
        self._was_held: set[str] = set()
        self._may = {0}
        self.allow(*self.named)

    def begin(self) -> None:
        """Forget what has happened so far, and what falls already."""
        self.found.clear()
        self.falls.clear()
        self._falling.clear()

    def forget(self, name: str) -> None:
        """Do not watch this thing any more: it was taken away on purpose."""
        self._free = [thing for thing in self._free if thing.name != name]
        self._falling.pop(name, None)

    def allow(self, *names: str) -> None:
        """From now on these things may be touched, too."""
        model = self.world.model
        for body in range(model.nbody):  # a button's dome, a drawer: parts are named after it
            owner = model.body(body).name.removesuffix('_part')
            if owner in names:
                self._may.add(body)

    def look(self) -> None:
        """See what happens now."""
        for thing in self._free:
            self._follow(thing)
        for box in self._boxes:
            if self._state(box).rotation[2, 2] < UPRIGHT:
                self._note('spill', f'the {box.label} is tipped over')
        self._touches()

    def settle(self) -> None:
        """The episode is over: what still falls has fallen this far."""
        for thing in self._free:
            if thing.name in self._falling:
                self._landed(thing, self._state(thing).position)

    def _follow(self, thing: SceneObject) -> None:
        now = self._state(thing)
        if now.position[2] < BELOW:
            self._note('drop', f'the {thing.label} fell off the table')
        model, data, fingers = self.world.model, self.world.data, self.world.finger_bodies
        at = touching(model, data, self._bodies[thing.name], fingers)
        if at == fingers:
            self.held = thing.name
            self._was_held.add(thing.name)
            self._falling.pop(thing.name, None)
            self.let_go.discard(thing.name)
        elif thing.name in self._was_held and not at:
            self._was_held.discard(thing.name)
            self.let_go.add(thing.name)
            self.held = '' if self.held == thing.name else self.held
            self._falling[thing.name] = FallIncident(float(now.position[2]))
        elif thing.name in self._falling and now.speed <= REST and self._is_supported(thing):
            self._landed(thing, now.position)

    def _landed(self, thing: SceneObject, place: Array) -> None:
        fall = self._falling.pop(thing.name).height - float(place[2])
        self.falls[thing.name] = max(fall, self.falls.get(thing.name, 0.0))
        limit = self.fall
        for box in self._boxes:
            inside = np.abs(self._local(box, place)[:2]) <= 0.5 * box.size[:2]
            if np.all(inside):
                limit = max(limit, float(box.size[2]) + IN_BOX)
        if fall > limit:
            self._note('drop', f'the {thing.label} fell {fall:.3f} m')

    def is_carried(self, name: str) -> bool | None:
        """True when the fingers alone hold the thing, False when they do not touch it, None in
        between.
        """
        thing = self.world.episode.thing(name)
        model, data, fingers = self.world.model, self.world.data, self.world.finger_bodies
        at = touching(model, data, self._bodies[name], fingers)
        if not at:
            return False
        return True if at == fingers and not self._is_supported(thing) else None

    def _is_supported(self, thing: SceneObject) -> bool:
        """True when something but the robot touches it."""
        model, data, body = self.world.model, self.world.data, self._bodies[thing.name]
        geoms = data.contact.geom
        is_its = np.any(model.geom_bodyid[geoms] == body, axis=1)
        is_robot = np.any(model.geom_contype[geoms] == ROBOT, axis=1)
        return bool(np.any(is_its & ~is_robot & (data.contact.dist <= 0.0)))

    def _touches(self) -> None:
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
        is_free = np.isin(other, list(self._may)) & ~is_table & ~is_self
        for k in np.flatnonzero(is_robot & ~is_free & (data.contact.dist <= 0.0)):
            force = np.zeros(6)
            mujoco.mj_contactForce(model, data, int(k), force)
            if force[0] > FORCE:
                names = ' and '.join(model.body(int(b)).name for b in bodies[k])
                self._note('collision', f'{names}, {force[0]:.0f} N')

    def _local(self, box: SceneObject, place: Array) -> Array:
        frame = self._state(box)
        local: Array = frame.rotation.T @ (place - frame.position)
        return local

    def _state(self, thing: SceneObject) -> TaskState:
        return state_of(self.world.model, self.world.data, thing)

    def _note(self, kind: str, text: str) -> None:
        self.found.setdefault(kind, f'{self.world.time:.2f} s: {text}')
