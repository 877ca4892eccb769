"""The action predicates: what the chunk in force would do, from its rows and the scene."""

from __future__ import annotations

import math

import numpy as np

from vla_core.frozen import Array
from vla_core.records.scene import GroundedObject, Role
from vla_monitor.rules.measures.inputs import MeasureParams, RuleInputs
from vla_monitor.rules.measures.object_boxes import (
    FIXED,
    ObjectBoxes,
    Support,
    support,
    width_across,
)
from vla_monitor.rules.measures.predicates import FAR, IDLE
from vla_monitor.rules.measures.state import FALL, Values, is_over_destination, person_distance
from vla_monitor.rules.measures.tool_path import ToolPathStates


def measure_action(now: RuleInputs, p: MeasureParams) -> Values:
    """Return the value of every action predicate; all None when the action is not known."""
    if now.unknown:
        return dict.fromkeys(IDLE)
    path = now.path
    if path is None or now.opening is None or not _asks(path, now, p):
        unknown = path is not None and now.opening is None
        return dict.fromkeys(IDLE) if unknown else dict(IDLE)
    values = {**IDLE, 'acting': True, **_motion(path, p)}
    is_blind = now.scene is None or not 0.0 <= now.scene_age <= p.scene_max_age
    if is_blind:
        return {**values, **dict.fromkeys(NEED_SCENE)}
    values['chunk_person_distance'] = _person(path, now)
    closing, grip = _grip(path, now, p)
    values.update(grip)
    load, row = _release(path, now, p, closing)
    values.update(_landing(path, now, p, load, row))
    values['chunk_strike'] = _strike(path, now, p, closing)
    values.update(_push(path, now, p))
    return values


NEED_SCENE = tuple(
    name for name in IDLE
    if name not in ('acting', 'chunk_closes', 'chunk_speed', 'chunk_low_speed', 'chunk_lowest',
                    'chunk_outside', 'chunk_tilt')
)  # fmt: skip


def _asks(path: ToolPathStates, now: RuleInputs, p: MeasureParams) -> bool:
    """True when the rows move the tool or the fingers."""
    travel = np.abs(path.position - path.position[0]).max()
    grip = np.abs(path.opening - (now.opening or 0.0)).max()
    return bool(travel > p.moves or grip > p.opens)


def _motion(path: ToolPathStates, p: MeasureParams) -> Values:
    position = path.position
    tips = position[:, 2] - p.tip
    jumps = np.diff(position, axis=0)
    speed = np.sqrt((jumps * jumps).sum(axis=1)) / path.step
    low = np.minimum(tips[1:], tips[:-1]) < p.low
    beyond = np.maximum(p.work_lower - position, position - p.work_upper)
    return {
        'chunk_speed': float(speed.max(initial=0.0)),
        'chunk_low_speed': float(speed[low].max(initial=0.0)),
        'chunk_lowest': float(tips.min()),
        'chunk_outside': max(float(beyond.max()), 0.0),
        'chunk_tilt': math.degrees(math.acos(float(np.clip(-path.down[:, 2].max(), -1.0, 1.0)))),
    }


def _person(path: ToolPathStates, now: RuleInputs) -> float:
    points = path.position
    if now.held is not None:
        points = np.vstack([points, points + (now.held.position - now.tool)])
    return person_distance(now.people, points)


def _grip(
    path: ToolPathStates, now: RuleInputs, p: MeasureParams
) -> tuple[GroundedObject | None, Values]:
    """What the chunk closes the fingers on."""
    width = now.opening or 0.0
    row = _closing_row(path, now, p)
    if row is None:
        return None, {}
    at = path.position[row]
    item = _at(now.others, at, p.reach)
    values: Values = {'chunk_closes': True}
    if item is None:
        return None, values
    values['chunk_grips'] = True
    values['chunk_grips_target'] = item.role == Role.TARGET
    values['chunk_grip_offset'] = float(np.hypot(*(at[:2] - item.position[:2])))
    top = item.position[2] + item.size[2] / 2
    if now.tool[2] - p.tip > top:  # still above it: will the open hand fit around it?
        across = width_across(item, path.across[row][:2])
        values['chunk_grip_margin'] = float(max(width, path.opening[: row + 1].max()) - across)
    return item, values


def _closing_row(path: ToolPathStates, now: RuleInputs, p: MeasureParams) -> int | None:
    """The first row that closes the fingers; closed rows before they open are only late."""
    if now.held is not None:
        return None
    closes = path.opening <= (now.opening or 0.0) - p.closes
    if not closes.all():
        closes[: int(np.argmin(closes))] = False
    rows = np.flatnonzero(closes)
    return int(rows[0]) if len(rows) else None


def _at(boxes: ObjectBoxes, point: Array, reach: float) -> GroundedObject | None:
    """The thing that the point (3,) is in, or nearly; the one it is deepest in."""
    if not boxes.items:
        return None
    depth = boxes.depth(point[None, :])[:, 0]
    free = [k for k in np.argsort(-depth) if boxes.items[k].shape not in (*FIXED, 'box')]
    return boxes.items[free[0]] if free and depth[free[0]] >= -reach else None


def _release(
    path: ToolPathStates, now: RuleInputs, p: MeasureParams, closing: GroundedObject | None
) -> tuple[GroundedObject | None, int]:
    """What is let go, and at which row; (None, 0): nothing."""
    load, first, width = now.held, 0, now.opening or 0.0
    if load is None and closing is not None:
        load, first = closing, _closing_row(path, now, p) or 0
        width = width_across(closing, path.across[first][:2])
    if load is None:
        return None, 0
    rows = np.flatnonzero(path.opening[first:] >= width + p.opens)
    return (load, first + int(rows[0])) if len(rows) else (None, 0)


def _landing(
    path: ToolPathStates, now: RuleInputs, p: MeasureParams, load: GroundedObject | None, row: int
) -> Values:
    """Where the load comes to rest."""
    if load is None:
        return {}
    at = load.position.copy()
    if load is now.held:
        at = at + path.position[row] - now.tool
    others = now.others
    if load is not now.held:
        others = ObjectBoxes.of([o for o in others.items if o is not load])
    bottom = float(at[2] - load.size[2] / 2)
    under = support(others, at[:2], bottom, np.array(p.table_lower), np.array(p.table_upper))
    return {
        'chunk_releases': True,
        'chunk_over_support': under is not None,
        'chunk_over_destination': is_over_destination(now, at),
        'chunk_fall': FALL if under is None else min(max(bottom - under.top, 0.0), FALL),
        **_pile(load, at, under),
        **_perch(load, at, others, p),
    }


def _pile(load: GroundedObject, at: Array, under: Support | None) -> Values:
    height = float(load.size[2])
    if under is None or under.item is None or under.item.shape == 'box':
        return {'chunk_pile': height}
    item = under.item
    narrowest = float(min(*load.size[:2], *item.size[:2]))
    return {
        'chunk_pile': height + under.top,
        'chunk_pile_offset': float(np.hypot(*(at[:2] - item.position[:2]))),
        'chunk_pile_ratio': (height + under.top) / max(narrowest, 1e-3),
        'chunk_onto_round': item.shape == 'ball',
    }


def _perch(load: GroundedObject, at: Array, others: ObjectBoxes, p: MeasureParams) -> Values:
    """The thing at whose edge the load touches down, if any: it need not be under its middle."""
    if not others.items:
        return {}
    away = np.abs(others.local(at[None, :])[:, 0, :2])
    drop = at[2] - load.size[2] / 2 - (others.position[:, 2] + others.half[:, 2])
    meets = (away < others.half[:, :2] + min(load.size[:2]) / 2 + p.blur).all(axis=1)
    found = [
        float(np.hypot(*away[k]))
        for k in np.flatnonzero(meets & (drop >= -0.02) & (drop <= 0.03))
        if others.items[k].shape not in ('box', *FIXED)
    ]
    return {'chunk_pile_offset': max(found)} if found else {}


def _strike(
    path: ToolPathStates, now: RuleInputs, p: MeasureParams, closing: GroundedObject | None
) -> float:
    """m, how deep the finger tips or the load go into a thing that has no part in the task."""
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


def _push(path: ToolPathStates, now: RuleInputs, p: MeasureParams) -> Values:
    """Follow the thing that the closed hand shoves before it, row by row."""
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
        end = _shoved(tips, low, item, p)
        if np.hypot(*(end - item.position[:2])) < p.moves:
            continue
        gaps = np.minimum(end - p.table_lower, p.table_upper - end)
        edge = min(float(gaps.min()), FAR)
        if edge < best.get('chunk_push_edge', FAR + 1.0):
            best = {'chunk_pushes': True, 'chunk_push_edge': edge}
    return best


def _shoved(tips: Array, low: Array, item: GroundedObject, p: MeasureParams) -> Array:
    """(2,) m, where the thing is after the rows: ahead of the hand along its motion."""
    at = item.position[:2].copy()
    for k in range(1, len(tips)):
        move = tips[k, :2] - tips[k - 1, :2]
        length = math.hypot(move[0], move[1])
        if length < 1e-4 or not low[k]:
            continue
        way = move / length
        reach = width_across(item, way) / 2 + p.finger
        ahead = at - tips[k, :2]
        along = float(ahead @ way)
        aside = abs(float(ahead[0] * way[1] - ahead[1] * way[0]))
        if aside <= max(item.size[:2]) / 2 + p.finger and -reach < along < reach:
            at = tips[k, :2] + reach * way + (ahead - along * way)
    return at
