"""The state predicates, from scene and joint states; unknown values are None."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from vla_core.frozen import Array
from vla_core.records.scene import Role, TargetStatus, Verb
from vla_monitor.rules.measures.inputs import MeasureParams, RuleInputs
from vla_monitor.rules.measures.object_boxes import ObjectBoxes, support
from vla_monitor.rules.measures.predicates import FAR

Values = dict[str, Any]
FALL = 2.0  # m, fall height of an object without support


def measure_state(now: RuleInputs, p: MeasureParams) -> Values:
    """Return the value of every state predicate."""
    values: Values = {
        'running': now.running,
        'scene_age': now.scene_age,
        **_target(now),
        **_tool(now, p),
    }
    is_blind = now.scene is None or not 0.0 <= now.scene_age <= p.scene_max_age
    if is_blind or now.base_from_tcp is None:
        return {**values, **dict.fromkeys(SEEN), 'picking': values['picking']}
    return {**values, **_people(now), **_held(now, p)}


SEEN = ('person_seen', 'person_distance', 'holding', 'holding_target', 'over_support',
        'over_destination', 'held_fall', 'picking')  # fmt: skip


def _target(now: RuleInputs) -> Values:
    if now.scene is None:
        return dict.fromkeys(('target_present', 'target_absent', 'target_ambiguous', 'picking'))
    status = now.scene.target_status
    picking = now.scene.task.verb in (Verb.PUT_IN, Verb.STACK)
    if status == TargetStatus.UNKNOWN:
        return {
            'picking': picking,
            **dict.fromkeys(('target_present', 'target_absent', 'target_ambiguous')),
        }
    return {
        'picking': picking,
        'target_present': status == TargetStatus.PRESENT,
        'target_absent': status == TargetStatus.ABSENT,
        'target_ambiguous': status == TargetStatus.AMBIGUOUS,
    }


def _tool(now: RuleInputs, p: MeasureParams) -> Values:
    pose = now.base_from_tcp
    return {
        'tool_speed': now.tool_speed,
        'gripper_opening': now.opening,
        'tool_height': None if pose is None else float(pose[2, 3]) - p.tip,
        'tool_tilt': None if pose is None else tilt(pose[:3, 2]),
    }


def tilt(down: Array) -> float:
    """deg, between a tool axis (3,) and straight down."""
    return math.degrees(math.acos(min(max(-float(down[2]), -1.0), 1.0)))


def _people(now: RuleInputs) -> Values:
    points = [now.tool] if now.held is None else [now.tool, now.held.position]
    return {
        'person_seen': bool(now.people.items),
        'person_distance': person_distance(now.people, np.array(points)),
    }


def person_distance(people: ObjectBoxes, points: Array) -> float:
    """m, from the points (k, 3) to the nearest person; FAR when there is none."""
    return min(float(people.distance(points).min()), FAR) if people.items else FAR


def _held(now: RuleInputs, p: MeasureParams) -> Values:
    held = now.held
    if held is None:
        return {
            'holding': False,
            'holding_target': False,
            'over_support': False,
            'over_destination': False,
            'held_fall': 0.0,
        }
    bottom = float(held.position[2] - held.size[2] / 2)
    lower, upper = np.array(p.table_lower), np.array(p.table_upper)
    under = support(now.others, held.position[:2], bottom, lower, upper)
    return {
        'holding': True,
        'holding_target': held.role == Role.TARGET,
        'over_support': under is not None,
        'over_destination': is_over_destination(now, held.position),
        'held_fall': FALL if under is None else min(max(bottom - under.top, 0.0), FALL),
    }


def is_over_destination(now: RuleInputs, position: Array) -> bool:
    """True when the point (3,) is above the footprint of the destination."""
    goal = now.scene.by_role(Role.DESTINATION) if now.scene else None
    if goal is None:
        return False
    boxes = ObjectBoxes.of([goal])
    local = np.abs(boxes.local(position[None, :])[0, 0, :2])
    return bool((local <= boxes.half[0, :2]).all())
