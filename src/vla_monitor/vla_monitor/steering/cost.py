"""How much is left to do after a moment: the length of the way, in m, that a careful hand would go
from there to the end of the task. What a candidate is worth is what it takes off this."""

from __future__ import annotations

import math

import numpy as np

from vla_core.frozen import Array
from vla_core.records.plan_step import StepKind
from vla_core.records.scene import GroundedObject, Verb
from vla_monitor.steering import gripper_geometry
from vla_monitor.steering.goal import LENGTH, StepGoal
from vla_monitor.steering.outcome import OutcomeMoment

EDGE = 0.008  # m, sideways, within this the tool may come down
FUNNEL = 0.035  # m, sideways over which it rises to the height of travel
BELOW, ABOVE = 2.0, 0.7  # m/m, being below the funnel weighs more than being above it
TURN = 0.06  # m/rad, of yaw
GRASP, RELEASE = 0.08, 0.08  # m, that these acts count as
LOWEST_GRASP = 0.016  # m, of the tcp
SINK, ON = 0.02, 0.006  # m, into a box, above a thing to stack on, when it is let go
PRESS_DEPTH = 0.007  # m
BEHIND = 0.03  # m, gap behind a thing when coming down
LOW = 0.02  # m, above the height of the push: low enough to push
NEARLY = 0.018  # m, short of the length of a push: done
ASIDE = 0.02  # m, off the line of the push at most


def left_to_do(now: OutcomeMoment, purpose: StepGoal) -> float:
    """m; 0 when there is nothing left but to go away."""
    thing = purpose.thing
    if thing is None or purpose.kind in (StepKind.RETREAT, StepKind.LOOK, StepKind.WAIT):
        return max(purpose.travel - float(now.tcp[2]), 0.0) + _closed(now, 0.0)
    if purpose.is_handling:
        return _handling(now, purpose, thing)
    if purpose.is_sliding and purpose.way is not None:
        return _sliding(now, purpose, thing, purpose.way)
    if now.is_done:
        return 0.0
    goal = gripper_geometry.top(thing) - PRESS_DEPTH
    return funnel(now.tcp, thing.position[:2], goal, purpose.travel) + _closed(now, 1.0)


def funnel(point: Array, over: Array, goal: float, travel: float) -> float:
    """m: up, over to `over` (2,), down to height `goal`; every part fades into the next."""
    away = math.hypot(point[0] - over[0], point[1] - over[1])
    rise = min(max((away - EDGE) / FUNNEL, 0.0), 1.0) * max(travel - goal, 0.0)
    lacking = goal + rise - float(point[2])
    return away + rise + BELOW * max(lacking, 0.0) + ABOVE * max(-lacking, 0.0)


def turn_left(yaw: float, thing: GroundedObject) -> float:
    """rad, to where the fingers lie along the thing's sides, across the narrower one."""
    if thing.shape in ('cylinder', 'ball'):
        return 0.0
    long_y = thing.size[1] > thing.size[0] + 0.012
    is_square = abs(thing.size[1] - thing.size[0]) <= 0.012
    period = np.pi / 2 if is_square else np.pi
    base = thing.yaw + (np.pi / 2 if long_y else 0.0)
    return float(abs((yaw - base + period / 2) % period - period / 2))


def _handling(now: OutcomeMoment, purpose: StepGoal, thing: GroundedObject) -> float:
    place = purpose.place
    if place is not None and _is_placed(now, purpose, thing, place):
        return 0.0
    to_place = _carrying(now.thing, purpose, thing, place) if place is not None else 0.0
    if now.is_holding:
        return to_place
    height = max(float(now.thing[2]), LOWEST_GRASP)
    reach = funnel(now.tcp, now.thing[:2], height, purpose.travel)
    reach += TURN * turn_left(now.yaw, thing)
    return GRASP + to_place + reach + _open(now, gripper_geometry.width_between(thing, now.yaw))


def _carrying(at: Array, purpose: StepGoal, thing: GroundedObject, place: GroundedObject) -> float:
    """m, from where the thing is, held, to where it is let go."""
    bottom = at - np.r_[0.0, 0.0, float(thing.size[2] / 2)]
    goal = gripper_geometry.top(place) + (-SINK if purpose.verb == Verb.PUT_IN else ON)
    return RELEASE + funnel(bottom, place.position[:2], goal, gripper_geometry.top(place) + 0.04)


def _is_placed(
    now: OutcomeMoment, purpose: StepGoal, thing: GroundedObject, place: GroundedObject
) -> bool:
    if now.is_holding:
        return False
    away = np.abs(now.thing[:2] - place.position[:2])
    rise = float(now.thing[2] - thing.size[2] / 2) - gripper_geometry.top(place)
    if purpose.verb == Verb.PUT_IN:
        return bool(np.all(away <= 0.5 * place.size[:2]) and rise <= 0.0)
    return bool(np.hypot(*away) <= 0.5 * float(min(place.size[:2])) and abs(rise) <= 0.015)


def _open(now: OutcomeMoment, width: float) -> float:
    """m, that opening the fingers for a thing of `width` m counts as."""
    return GRASP * min(max((width + 0.01 - now.opening) / (width + 0.01), 0.0), 1.0)


def _closed(now: OutcomeMoment, weight: float) -> float:
    """m, that closing the hand counts as."""
    return weight * GRASP * min(max(now.opening / 0.08, 0.0), 1.0)


def _sliding(now: OutcomeMoment, purpose: StepGoal, thing: GroundedObject, way: Array) -> float:
    first = purpose.first if purpose.first is not None else thing.position
    done = float((now.thing[:2] - first[:2]) @ way)
    left = max(LENGTH[purpose.verb] - done, 0.0)
    if left <= NEARLY:
        return 0.0
    is_handle = purpose.verb != Verb.PUSH
    height = float(thing.position[2]) - 0.008 if is_handle else _push_height(thing)
    reach = gripper_geometry.half_along(thing, way) + gripper_geometry.FINGER
    offset = now.tcp[:2] - now.thing[:2]
    along = float(offset @ way)
    aside = float(np.hypot(*(offset - along * way)))
    is_low = now.tcp[2] <= height + LOW
    if is_low and aside <= ASIDE and along <= 0.015 - reach:
        return left + max(-along - reach, 0.0) + 0.5 * aside + _closed(now, 1.0)
    gap = 0.005 if purpose.verb == Verb.OPEN else BEHIND
    behind = now.thing[:2] - (reach + gap) * way
    return left + gap + funnel(now.tcp, behind, height, purpose.travel) + _closed(now, 1.0)


def _push_height(thing: GroundedObject) -> float:
    return float(np.clip(0.4 * thing.size[2], 0.018, 0.035))
