"""Is the task done? Judged from what is perceived, never from the simulator's truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vla_core.params import check, param
from vla_core.records.action import ControlState
from vla_core.records.scene import GroundedObject, GroundedScene, Role, Verb

SIDES = {
    'left': np.array([0.0, 1.0]),
    'right': np.array([0.0, -1.0]),
    'forward': np.array([1.0, 0.0]),
    'back': np.array([-1.0, 0.0]),
}  # unit vectors x y, base_link


@dataclass(frozen=True)
class SuccessParams:
    """What counts as done."""

    opened: float = param(0.045, 'm, gripper opening of a hand that has let go', lo=0.0, hi=0.2)
    clear: float = param(0.05, 'm, tool to object of a hand that is away', lo=0.0, hi=0.5)
    stack_offset: float = param(0.02, 'm, sideways off the middle of the lower', lo=0.001, hi=0.1)
    stack_height: float = param(0.015, 'm, off the height of a stack', lo=0.001, hi=0.1)
    push_distance: float = param(0.085, 'm, moved to the side asked for', lo=0.01, hi=0.5)
    press_reach: float = param(0.03, 'm, tool to the middle of the button', lo=0.001, hi=0.1)
    press_depth: float = param(0.001, 'm, tool below the top of the button', lo=-0.05, hi=0.05)
    handle_out: float = param(0.047, 'm, from a closed drawer to the bar', lo=0.0, hi=0.2)
    opened_by: float = param(0.088, 'm, an open drawer stands out', lo=0.01, hi=0.5)
    closed_to: float = param(0.008, 'm, a closed drawer stands out at most', lo=0.0, hi=0.1)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class SuccessCheck:
    """Done or not, and what is missing."""

    is_done: bool
    missing: str = ''


def _not_yet(missing: str) -> SuccessCheck:
    return SuccessCheck(False, missing)


DONE = SuccessCheck(True)


class SuccessDetector:
    """Watches one attempt; remembers where things were when it began."""

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
        """Forget the last task."""
        self._start: GroundedObject | None = None
        self._is_pressed = False

    def watch(self, tool: ControlState) -> None:
        """Follow the tool (100 Hz): a press is short."""
        button = self._start
        if button is None:
            return
        away = np.hypot(*(np.array(tool.tcp[:2]) - button.position[:2]))
        top = button.position[2]  # perception places a button by its top
        if button.shape != 'button':
            top += button.size[2] / 2
        p = self.params
        if away <= p.press_reach and tool.tcp[2] <= top - p.press_depth:
            self._is_pressed = True

    def judge(self, scene: GroundedScene, tool: ControlState) -> SuccessCheck:
        """Return whether the task of `scene` is done as far as one can see."""
        target = scene.by_role(Role.TARGET)
        if target is None:
            return _not_yet('the target is not in view')
        if self._start is None:
            self._start = target
        rule = self._by_verb.get(scene.task.verb)
        return rule(scene, tool) if rule else _not_yet('nobody knows when that is done')

    def _released(self, target: GroundedObject, tool: ControlState) -> SuccessCheck:
        p = self.params
        if target.is_held or not tool.gripper >= p.opened:
            return _not_yet('the hand has not let go')
        if not np.linalg.norm(np.array(tool.tcp) - target.position) >= p.clear:
            return _not_yet('the hand is not away')
        return DONE

    def _put_in(self, scene: GroundedScene, tool: ControlState) -> SuccessCheck:
        target, box = scene.by_role(Role.TARGET), scene.by_role(Role.DESTINATION)
        if target is None or box is None:
            return _not_yet('the box is not in view')
        offset = rotate(target.position[:2] - box.position[:2], -box.yaw)
        if not np.all(np.abs(offset) <= box.size[:2] / 2):
            return _not_yet('it is not in the box')
        if not target.position[2] <= box.position[2] + box.size[2] / 2 + target.size[2] / 2:
            return _not_yet('it is above the box')
        return self._released(target, tool)

    def _stack(self, scene: GroundedScene, tool: ControlState) -> SuccessCheck:
        target, lower = scene.by_role(Role.TARGET), scene.by_role(Role.DESTINATION)
        if target is None or lower is None:
            return _not_yet('the lower one is not in view')
        offset = target.position - lower.position
        height = (target.size[2] + lower.size[2]) / 2
        if not np.hypot(offset[0], offset[1]) <= self.params.stack_offset:
            return _not_yet('it is not above the lower one')
        if not abs(offset[2] - height) <= self.params.stack_height:
            return _not_yet('it does not rest on the lower one')
        return self._released(target, tool)

    def _push(self, scene: GroundedScene, tool: ControlState) -> SuccessCheck:
        target = scene.by_role(Role.TARGET)
        side = SIDES.get(scene.task.side)
        if target is None or self._start is None or side is None:
            return _not_yet('it is not known where to')
        moved = target.position[:2] - self._start.position[:2]
        along = float(moved @ side)
        if not along >= self.params.push_distance:
            return _not_yet(f'moved {along:.2f} m so far')
        return DONE if target.is_visible else _not_yet('it is hidden')

    def _press(self, scene: GroundedScene, tool: ControlState) -> SuccessCheck:
        return DONE if self._is_pressed else _not_yet('not pressed yet')

    def _slide(self, scene: GroundedScene, tool: ControlState) -> SuccessCheck:
        handle = scene.by_role(Role.TARGET)
        housing = next((thing for thing in scene.objects if thing.shape == 'housing'), None)
        if handle is None or housing is None:
            return _not_yet('the drawer is not in view')
        offset = rotate(handle.position[:2] - housing.position[:2], -housing.yaw)
        out = float(np.max(np.abs(offset) - housing.size[:2] / 2)) - self.params.handle_out
        if scene.task.verb == Verb.CLOSE:
            is_done = out <= self.params.closed_to
        else:
            is_done = out >= self.params.opened_by
        return DONE if is_done else _not_yet(f'the drawer stands {out:.2f} m out')


def rotate(vector: np.ndarray, angle: float) -> np.ndarray:
    """Return the (2,) vector turned by `angle` rad."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([c * vector[0] - s * vector[1], s * vector[0] + c * vector[1]])
