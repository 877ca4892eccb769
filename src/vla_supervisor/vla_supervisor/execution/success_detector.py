"""Success detection from perceived scenes and the tool, never from the simulator's truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import nan

import numpy as np

from vla_core.params import check, param
from vla_core.records.action import ControlState
from vla_core.records.scene import GroundedObject, GroundedScene, Role, Verb

SIDES = {
    'left': np.array([0.0, 1.0]),
    'right': np.array([0.0, -1.0]),
    'forward': np.array([1.0, 0.0]),
    'back': np.array([-1.0, 0.0]),
}  # unit vectors x y, base frame


@dataclass(frozen=True)
class SuccessParams:
    """Thresholds of success."""

    opened: float = param(
        0.045, 'm, minimum opening of a gripper that has released', lo=0.0, hi=0.2
    )
    clear: float = param(
        0.05, 'm, minimum distance of a retracted tool to the object', lo=0.0, hi=0.5
    )
    stack_offset: float = param(0.02, 'm, maximum lateral offset in a stack', lo=0.001, hi=0.1)
    stack_height: float = param(0.015, 'm, maximum vertical offset in a stack', lo=0.001, hi=0.1)
    push_distance: float = param(
        0.085, 'm, minimum displacement in the requested direction', lo=0.01, hi=0.5
    )
    press_reach: float = param(
        0.03, 'm, maximum distance of the tool to the button axis', lo=0.001, hi=0.1
    )
    press_depth: float = param(
        0.001, 'm, of the tool below the top of the button', lo=-0.05, hi=0.05
    )
    handle_out: float = param(
        0.047, 'm, from the front of the drawer to its handle bar', lo=0.0, hi=0.2
    )
    opened_by: float = param(0.088, 'm, minimum extension of an open drawer', lo=0.01, hi=0.5)
    closed_to: float = param(0.008, 'm, maximum extension of a closed drawer', lo=0.0, hi=0.1)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class SuccessCheck:
    """Whether the task is done, and if not, what is missing."""

    is_done: bool
    missing: str = ''


def _missing(missing: str) -> SuccessCheck:
    return SuccessCheck(False, missing)


DONE = SuccessCheck(True)


class SuccessDetector:
    """Follows one task; stores the pose of the target at its start."""

    def __init__(self, params: SuccessParams) -> None:
        self.params = params
        self.begin()
        self._by_verb: dict[Verb, Callable[[GroundedScene, ControlState], SuccessCheck]] = {
            Verb.PUT_IN: self._put_in,
            Verb.STACK: self._stack,
            Verb.PUSH: self._push,
            Verb.PRESS: self._press,
            Verb.OPEN: self._slide,
            Verb.CLOSE: self._slide,
        }

    def begin(self) -> None:
        """Start a task."""
        self.missing = ''  # for success
        self._start: GroundedObject | None = None
        self._is_pressed = False
        self._done_since: float | None = None  # s, stamp of the first scene in a row with success

    def on_tool(self, tool: ControlState) -> None:
        """Detect a press at the rate of control (100 Hz): it is too short for the camera."""
        button = self._start
        if button is None:
            return
        away = np.hypot(*(np.array(tool.tcp[:2]) - button.position[:2]))
        top = button.position[2]  # perception gives the position of a button's top
        if button.shape != 'button':
            top += button.size[2] / 2
        p = self.params
        if away <= p.press_reach and tool.tcp[2] <= top - p.press_depth:
            self._is_pressed = True

    def on_scene(self, scene: GroundedScene, tool: ControlState) -> float:
        """Return for how long, s, every scene shows success; NaN before the second such scene."""
        check = self.check(scene, tool)
        self.missing = check.missing
        if not check.is_done:
            self._done_since = None
            return nan
        if self._done_since is None:
            self._done_since = scene.stamp
            return nan
        return scene.stamp - self._done_since

    def begin_attempt(self) -> None:
        """Success before an attempt does not count."""
        self._done_since = None

    def check(self, scene: GroundedScene, tool: ControlState) -> SuccessCheck:
        """Return whether the task of `scene` is done."""
        target = scene.by_role(Role.TARGET)
        if target is None:
            return _missing('the target is not in view')
        if self._start is None:
            self._start = target
        rule = self._by_verb.get(scene.task.verb)
        return (
            rule(scene, tool)
            if rule
            else _missing('there is no success criterion for this instruction')
        )

    def _released(self, target: GroundedObject, tool: ControlState) -> SuccessCheck:
        p = self.params
        if target.is_held or not tool.gripper >= p.opened:
            return _missing('the object is not released')
        if not np.linalg.norm(np.array(tool.tcp) - target.position) >= p.clear:
            return _missing('the tool is not clear of the object')
        return DONE

    def _put_in(self, scene: GroundedScene, tool: ControlState) -> SuccessCheck:
        target, box = scene.by_role(Role.TARGET), scene.by_role(Role.DESTINATION)
        if target is None or box is None:
            return _missing('the box is not in view')
        offset = rotate(target.position[:2] - box.position[:2], -box.yaw)
        if not np.all(np.abs(offset) <= box.size[:2] / 2):
            return _missing('the object is not in the box')
        if not target.position[2] <= box.position[2] + box.size[2] / 2 + target.size[2] / 2:
            return _missing('the object is above the box')
        return self._released(target, tool)

    def _stack(self, scene: GroundedScene, tool: ControlState) -> SuccessCheck:
        target, lower = scene.by_role(Role.TARGET), scene.by_role(Role.DESTINATION)
        if target is None or lower is None:
            return _missing('the lower object is not in view')
        offset = target.position - lower.position
        height = (target.size[2] + lower.size[2]) / 2
        if not np.hypot(offset[0], offset[1]) <= self.params.stack_offset:
            return _missing('the object is not above the lower object')
        if not abs(offset[2] - height) <= self.params.stack_height:
            return _missing('the object does not rest on the lower object')
        return self._released(target, tool)

    def _push(self, scene: GroundedScene, tool: ControlState) -> SuccessCheck:
        target = scene.by_role(Role.TARGET)
        side = SIDES.get(scene.task.side)
        if target is None or self._start is None or side is None:
            return _missing('the push direction is unknown')
        moved = target.position[:2] - self._start.position[:2]
        along = float(moved @ side)
        if not along >= self.params.push_distance:
            return _missing(f'moved {along:.2f} m so far')
        return DONE if target.is_visible else _missing('the object is occluded')

    def _press(self, scene: GroundedScene, tool: ControlState) -> SuccessCheck:
        return DONE if self._is_pressed else _missing('the button is not pressed')

    def _slide(self, scene: GroundedScene, tool: ControlState) -> SuccessCheck:
        handle = scene.by_role(Role.TARGET)
        housing = next((o for o in scene.objects if o.shape == 'housing'), None)
        if handle is None or housing is None:
            return _missing('the drawer is not in view')
        offset = rotate(handle.position[:2] - housing.position[:2], -housing.yaw)
        out = float(np.max(np.abs(offset) - housing.size[:2] / 2)) - self.params.handle_out
        if scene.task.verb == Verb.CLOSE:
            is_done = out <= self.params.closed_to
        else:
            is_done = out >= self.params.opened_by
        return DONE if is_done else _missing(f'the drawer is open by {out:.2f} m')


def rotate(vector: np.ndarray, angle: float) -> np.ndarray:
    """Return the (2,) vector rotated by `angle` rad."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([c * vector[0] - s * vector[1], s * vector[0] + c * vector[1]])
