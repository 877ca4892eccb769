"""The action predicates: predicted effects of the active chunk, from its rows and the scene."""

from __future__ import annotations

import math

import numpy as np

from vla_core.frozen import Array
from vla_core.records.scene import GroundedObject, Role
from vla_monitor.rules.measures.contact import push_values, strike_depth
from vla_monitor.rules.measures.inputs import MeasureParams, RuleInputs
from vla_monitor.rules.measures.object_boxes import (
    FIXED,
    ObjectBoxes,
    Support,
    support,
    width_across,
)
from vla_monitor.rules.measures.predicates import IDLE
from vla_monitor.rules.measures.state import FALL, Values, is_over_destination, person_distance
from vla_monitor.rules.measures.tool_path import ToolPathStates


def measure_action(now: RuleInputs, p: MeasureParams) -> Values:
    """Return the value of every action predicate; all None when the action is unknown."""
    if now.unknown:
        return dict.fromkeys(IDLE)
    path = now.path
    if path is None or now.opening is None or not _moves_tool(path, now, p):
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
    values['chunk_strike'] = strike_depth(path, now, p, closing)
    values.update(push_values(path, now, p))
    return values


NEED_SCENE = tuple(
    name for name in IDLE
    if name not in ('acting', 'chunk_closes', 'chunk_speed', 'chunk_low_speed', 'chunk_lowest',
                    'chunk_outside', 'chunk_tilt')
)  # fmt: skip


def _moves_tool(path: ToolPathStates, now: RuleInputs, p: MeasureParams) -> bool:
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
    """Return the object that the fingers close on, and the grip predicates."""
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
    if now.tool[2] - p.tip > top:  # still above the object: must fit around it
        across = width_across(item, path.across[row][:2])
        values['chunk_grip_margin'] = float(max(width, path.opening[: row + 1].max()) - across)
    return item, values


def _closing_row(path: ToolPathStates, now: RuleInputs, p: MeasureParams) -> int | None:
    """Return the first row that closes the fingers; rows before they open do not count."""
    if now.held is not None:
        return None
    closes = path.opening <= (now.opening or 0.0) - p.closes
    if not closes.all():
        closes[: int(np.argmin(closes))] = False
    rows = np.flatnonzero(closes)
    return int(rows[0]) if len(rows) else None


def _at(boxes: ObjectBoxes, point: Array, reach: float) -> GroundedObject | None:
    """Return the object that contains the point (3,) within `reach`; the deepest of several."""
    if not boxes.items:
        return None
    depth = boxes.depth(point[None, :])[:, 0]
    free = [k for k in np.argsort(-depth) if boxes.items[k].shape not in (*FIXED, 'box')]
    return boxes.items[free[0]] if free and depth[free[0]] >= -reach else None


def _release(
    path: ToolPathStates, now: RuleInputs, p: MeasureParams, closing: GroundedObject | None
) -> tuple[GroundedObject | None, int]:
    """Return the released object and its row; (None, 0) without a release."""
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
    """Return the predicates of where the released load comes to rest."""
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
    """Return the offset from an object whose edge the load lands on, centred over it or not."""
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
