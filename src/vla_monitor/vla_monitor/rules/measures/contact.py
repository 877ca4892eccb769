"""Contacts of a chunk with objects: penetration, and pushes with a closed gripper."""

from __future__ import annotations

import math

import numpy as np

from vla_core.frozen import Array
from vla_core.records.scene import GroundedObject, Role
from vla_monitor.rules.measures.inputs import MeasureParams, RuleInputs
from vla_monitor.rules.measures.object_boxes import FIXED, ObjectBoxes, width_across
from vla_monitor.rules.measures.predicates import FAR
from vla_monitor.rules.measures.state import Values
from vla_monitor.rules.measures.tool_path import ToolPathStates


def strike_depth(
    path: ToolPathStates, now: RuleInputs, p: MeasureParams, closing: GroundedObject | None
) -> float:
    """m, penetration by the finger tips or the load of an object that is not part of the task."""
    bystanders = ObjectBoxes.of(
        [
            o
            for o in now.others.items
            if o.role in (Role.OBSTACLE, Role.OTHER) and o.shape not in FIXED and o is not closing
        ]
    )
    if not bystanders.items:
        return 0.0
    points = path.position - [0.0, 0.0, p.tip]
    if now.held is not None:
        foot = now.held.position - now.tool - [0.0, 0.0, now.held.size[2] / 2]
        points = np.vstack([points, path.position + foot])
    return max(float(bystanders.depth(points).max()), 0.0)


def push_values(path: ToolPathStates, now: RuleInputs, p: MeasureParams) -> Values:
    """Return the predicates of the object pushed nearest to the table's edge."""
    if now.held is not None or max(now.opening or 0.0, float(path.opening.max())) > p.closed:
        return {}
    tips = path.position - [0.0, 0.0, p.tip]
    best: Values = {}
    for item in now.others.items:
        if item.shape in FIXED or item.shape == 'box':
            continue
        radius = float(np.hypot(*item.size[:2])) / 2 + p.finger
        near = np.hypot(*(tips[:, :2] - item.position[:2]).T) <= radius
        low = tips[:, 2] < item.position[2] + item.size[2] / 2
        if not np.any(near & low):
            continue
        end = _pushed_to(tips, low, item, p)
        if np.hypot(*(end - item.position[:2])) < p.moves:
            continue
        gaps = np.minimum(end - p.table_lower, p.table_upper - end)
        edge = min(float(gaps.min()), FAR)
        if edge < best.get('chunk_push_edge', FAR + 1.0):
            best = {'chunk_pushes': True, 'chunk_push_edge': edge}
    return best


def _pushed_to(tips: Array, low: Array, item: GroundedObject, p: MeasureParams) -> Array:
    """Return (2,) m, the object's position after the rows, in front of the moving gripper."""
    at = item.position[:2].copy()
    for k in range(1, len(tips)):
        move = tips[k, :2] - tips[k - 1, :2]
        length = math.hypot(move[0], move[1])
        if length < 1e-4 or not low[k]:
            continue
        direction = move / length
        reach = width_across(item, direction) / 2 + p.finger
        ahead = at - tips[k, :2]
        along = float(ahead @ direction)
        aside = abs(float(ahead[0] * direction[1] - ahead[1] * direction[0]))
        if aside <= max(item.size[:2]) / 2 + p.finger and -reach < along < reach:
            at = tips[k, :2] + reach * direction + (ahead - along * direction)
    return at
