"""Ground truth of task success from the simulator's state; not available to the stack."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np

from vla_core.records.scene import Role, Verb
from vla_sim.scenes.episode import Episode, SceneObject, side_vector
from vla_sim.scenes.furniture import BUTTON_TRAVEL, DRAWER_TRAVEL, slide_name

PUSHED = 0.08  # m, along the named side
UPRIGHT = 0.85  # cosine of the largest tilt of an upright object
PRESSED, OPEN, CLOSED = 0.6, 0.7, 0.1  # of the travel
STACK_HEIGHT = 0.008  # m, largest height error of the upper object
STACK_STABLE = 0.3  # s
AT_REST = 0.02  # m/s


@dataclass(frozen=True)
class TaskState:
    """Current state of one object."""

    position: np.ndarray  # (3,) m, base frame, centre
    rotation: np.ndarray  # (3, 3) base_from_object
    speed: float  # m/s


def state_of(model: mujoco.MjModel, data: mujoco.MjData, obj: SceneObject) -> TaskState:
    """Return the pose and speed of an object; of button and drawer those of the fixed part."""
    body = data.body(obj.name)
    speed = 0.0
    if model.body_dofnum[body.id] == 6:
        speed = float(np.linalg.norm(data.qvel[model.body_dofadr[body.id] :][:3]))
    return TaskState(body.xpos.copy(), body.xmat.reshape(3, 3).copy(), speed)


class TaskTruth:
    """Success of one episode; call `update` at least every 50 ms."""

    def __init__(self, model: mujoco.MjModel, episode: Episode, fingers: frozenset[int]) -> None:
        self._model, self._episode, self._fingers = model, episode, fingers
        self._target, self._destination = (
            episode.by_role(Role.TARGET),
            episode.by_role(Role.DESTINATION),
        )
        self._since: float | None = None  # s, start of the stable stack
        self.is_done = False

    def update(self, data: mujoco.MjData, now: float) -> None:
        """Update `is_done` with the current state; a press stays done."""
        if self._target is None:
            return
        check = {
            Verb.PUT_IN: self._is_in,
            Verb.STACK: self._is_stacked,
            Verb.PUSH: self._is_pushed,
            Verb.PRESS: self._is_pressed,
            Verb.OPEN: self._is_open,
            Verb.CLOSE: self._is_closed,
        }[self._episode.verb]
        self.is_done = check(data, self._target, now)

    def _is_in(self, data: mujoco.MjData, target: SceneObject, _: float) -> bool:
        box = self._destination
        if box is None:
            return False
        inside, frame = state_of(self._model, data, target), state_of(self._model, data, box)
        local = frame.rotation.T @ (inside.position - frame.position)
        half = 0.5 * box.size
        return bool(
            np.all(np.abs(local) <= half) and frame.rotation[2, 2] >= UPRIGHT
        ) and self._is_released(data)

    def _is_stacked(self, data: mujoco.MjData, target: SceneObject, now: float) -> bool:
        below = self._destination
        if below is None:
            return False
        top, bottom = state_of(self._model, data, target), state_of(self._model, data, below)
        offset = bottom.rotation.T @ (top.position - bottom.position)
        height = 0.5 * (target.size[2] + below.size[2])
        stands = bool(
            np.all(np.abs(offset[:2]) <= 0.5 * below.size[:2])
            and abs(offset[2] - height) <= STACK_HEIGHT
        )
        quiet = max(top.speed, bottom.speed) <= AT_REST and top.position[2] > bottom.position[2]
        if not (stands and quiet and self._is_released(data)):
            self._since = None
            return False
        self._since = now if self._since is None else self._since
        return now - self._since >= STACK_STABLE

    def _is_pushed(self, data: mujoco.MjData, target: SceneObject, _: float) -> bool:
        now = state_of(self._model, data, target)
        moved = now.position - target.position
        is_upright = now.rotation[2, 2] >= UPRIGHT and abs(moved[2]) <= 0.01
        return bool(moved[:2] @ side_vector(self._episode.parsed.side) >= PUSHED and is_upright)

    def _is_pressed(self, data: mujoco.MjData, target: SceneObject, _: float) -> bool:
        return self.is_done or bool(
            data.joint(slide_name(target)).qpos[0] >= PRESSED * BUTTON_TRAVEL
        )

    def _is_open(self, data: mujoco.MjData, target: SceneObject, _: float) -> bool:
        return bool(data.joint(slide_name(target)).qpos[0] >= OPEN * DRAWER_TRAVEL)

    def _is_closed(self, data: mujoco.MjData, target: SceneObject, _: float) -> bool:
        return bool(data.joint(slide_name(target)).qpos[0] <= CLOSED * DRAWER_TRAVEL)

    def _is_released(self, data: mujoco.MjData) -> bool:
        """True when no finger touches the target."""
        target = self._model.body(self._target.name).id if self._target else -1
        return not touching(self._model, data, target, self._fingers)


def touching(
    model: mujoco.MjModel, data: mujoco.MjData, body: int, others: frozenset[int]
) -> set[int]:
    """Return those of the bodies `others` that touch `body`."""
    found = set()
    for k in range(data.ncon):
        contact = data.contact[k]
        pair = {int(model.geom_bodyid[contact.geom1]), int(model.geom_bodyid[contact.geom2])}
        if body in pair and contact.dist <= 0.0:
            found |= pair & others
    return found
