"""Cost to go: the remaining path length in m of a careful gripper to the end of the task. A
candidate's value is its reduction of this cost."""

from __future__ import annotations

import math

import numpy as np

from vla_core.frozen import Array
from vla_core.records.plan_step import StepKind
from vla_core.records.scene import GroundedObject, Verb
from vla_monitor.steering import gripper_geometry
from vla_monitor.steering.goal import LENGTH, StepGoal
from vla_monitor.steering.outcome import OutcomeMoment

EDGE = 0.008  # m, lateral offset within which the tool may descend
FUNNEL = 0.035  # m, lateral offset over which the funnel rises to travel height
BELOW, ABOVE = 2.0, 0.7  # m/m, weights of heights below and above the funnel
TURN = 0.06  # m/rad, of yaw
GRASP, RELEASE = 0.08, 0.08  # m, cost of these actions
LOWEST_GRASP = 0.016  # m, of the tcp
SINK, ON = 0.02, 0.006  # m, release depth in a box, release height above a stack
PRESS_DEPTH = 0.007  # m
BEHIND = 0.03  # m, gap behind an object when descending
LOW = 0.02  # m, largest height above the push height while pushing
NEARLY = 0.018  # m, tolerance of a finished push
ASIDE = 0.02  # m, largest lateral offset from the push line


def left_to_do(now: OutcomeMoment, purpose: StepGoal) -> float:
    """m, cost to go; 0 when only the retreat is left."""
    target = purpose.target
    if target is None or purpose.kind in (StepKind.RETREAT, StepKind.LOOK, StepKind.WAIT):
        return max(purpose.travel - float(now.tcp[2]), 0.0) + _closed(now, 0.0)
    if purpose.is_handling:
        return _handling(now, purpose, target)
    if purpose.is_sliding and purpose.direction is not None:
        return _sliding(now, purpose, target, purpose.direction)
    if now.is_done:
        return 0.0
    goal = gripper_geometry.top(target) - PRESS_DEPTH
    return funnel(now.tcp, target.position[:2], goal, purpose.travel) + _closed(now, 1.0)


def funnel(point: Array, over: Array, goal: float, travel: float) -> float:
    """m, path up, across to `over` (2,) and down to height `goal`, blended."""
    away = math.hypot(point[0] - over[0], point[1] - over[1])
    rise = min(max((away - EDGE) / FUNNEL, 0.0), 1.0) * max(travel - goal, 0.0)
    lacking = goal + rise - float(point[2])
    return away + rise + BELOW * max(lacking, 0.0) + ABOVE * max(-lacking, 0.0)


def turn_left(yaw: float, target: GroundedObject) -> float:
    """rad, rotation left until the fingers close across the object's narrower side."""
    if target.shape in ('cylinder', 'ball'):
        return 0.0
    long_y = target.size[1] > target.size[0] + 0.012
    is_square = abs(target.size[1] - target.size[0]) <= 0.012
    period = np.pi / 2 if is_square else np.pi
    base = target.yaw + (np.pi / 2 if long_y else 0.0)
    return float(abs((yaw - base + period / 2) % period - period / 2))


def _handling(now: OutcomeMoment, purpose: StepGoal, target: GroundedObject) -> float:
    place = purpose.place
    if place is not None and _is_placed(now, purpose, target, place):
        return 0.0
    to_place = _carrying(now.target, purpose, target, place) if place is not None else 0.0
    if now.is_holding:
        return to_place
    height = max(float(now.target[2]), LOWEST_GRASP)
    reach = funnel(now.tcp, now.target[:2], height, purpose.travel)
    reach += TURN * turn_left(now.yaw, target)
    return GRASP + to_place + reach + _open(now, gripper_geometry.width_between(target, now.yaw))


def _carrying(
    at: Array, purpose: StepGoal, target: GroundedObject, place: GroundedObject
) -> float:
    """m, path of the held object to its release."""
    bottom = at - np.r_[0.0, 0.0, float(target.size[2] / 2)]
    goal = gripper_geometry.top(place) + (-SINK if purpose.verb == Verb.PUT_IN else ON)
    return RELEASE + funnel(bottom, place.position[:2], goal, gripper_geometry.top(place) + 0.04)


def _is_placed(
    now: OutcomeMoment, purpose: StepGoal, target: GroundedObject, place: GroundedObject
) -> bool:
    if now.is_holding:
        return False
    away = np.abs(now.target[:2] - place.position[:2])
    rise = float(now.target[2] - target.size[2] / 2) - gripper_geometry.top(place)
    if purpose.verb == Verb.PUT_IN:
        return bool(np.all(away <= 0.5 * place.size[:2]) and rise <= 0.0)
    return bool(np.hypot(*away) <= 0.5 * float(min(place.size[:2])) and abs(rise) <= 0.015)


def _open(now: OutcomeMoment, width: float) -> float:
    """m, cost of opening the fingers for an object of `width` m."""
    return GRASP * min(max((width + 0.01 - now.opening) / (width + 0.01), 0.0), 1.0)


def _closed(now: OutcomeMoment, weight: float) -> float:
    """m, cost of closing the gripper."""
    return weight * GRASP * min(max(now.opening / 0.08, 0.0), 1.0)


def _sliding(
    now: OutcomeMoment, purpose: StepGoal, target: GroundedObject, direction: Array
) -> float:
    first = purpose.first if purpose.first is not None else target.position
    done = float((now.target[:2] - first[:2]) @ direction)
    left = max(LENGTH[purpose.verb] - done, 0.0)
    if left <= NEARLY:
        return 0.0
    is_handle = purpose.verb != Verb.PUSH
    height = float(target.position[2]) - 0.008 if is_handle else _push_height(target)
    reach = gripper_geometry.half_along(target, direction) + gripper_geometry.FINGER
    offset = now.tcp[:2] - now.target[:2]
    along = float(offset @ direction)
    aside = float(np.hypot(*(offset - along * direction)))
    is_low = now.tcp[2] <= height + LOW
    if is_low and aside <= ASIDE and along <= 0.015 - reach:
        return left + max(-along - reach, 0.0) + 0.5 * aside + _closed(now, 1.0)
    gap = 0.005 if purpose.verb == Verb.OPEN else BEHIND
    behind = now.target[:2] - (reach + gap) * direction
    return left + gap + funnel(now.tcp, behind, height, purpose.travel) + _closed(now, 1.0)


def _push_height(target: GroundedObject) -> float:
    return float(np.clip(0.4 * target.size[2], 0.018, 0.035))
