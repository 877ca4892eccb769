"""Labelled pairs of a situation and an action, to learn the rules' weights and to test the rules.

Labels come from the true world (`harms.py`). What the rules receive carries perception errors:
noise on positions, sizes and yaw, missed objects, an uncertain target. One pair is one line of
JSON. Made by `./vla rules pairs`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from vla_bench.rules.harms import HARMS
from vla_bench.rules.scenarios import SCENARIOS
from vla_bench.rules.scenes import Rng, severity
from vla_bench.rules.world import PairWorld
from vla_core import geometry
from vla_core.atomic_file import write_atomic
from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_core.params import check, param
from vla_core.records.action import EE_NAMES, ActionChunk, Space
from vla_core.records.scene import (
    GroundedObject,
    GroundedScene,
    ParsedTask,
    Role,
    TargetStatus,
    Verb,
)
from vla_core.robot.model import RobotModel
from vla_monitor.rules.measures.inputs import RuleInputs
from vla_monitor.rules.measures.tool_path import path_of

PAIRS = Path('tests/data/rules/pairs.jsonl')
Row = dict[str, Any]


@dataclass(frozen=True)
class PairParams:
    """Number of pairs and the perception errors in them."""

    each: int = param(18, 'pairs per rule', lo=2, hi=1000)
    seed: int = param(0, 'of all random draws', lo=0)
    position: float = param(0.0012, 'm, standard deviation of a position', lo=0.0, hi=0.05)
    size: float = param(0.0008, 'm, of a size', lo=0.0, hi=0.05)
    turn: float = param(0.02, 'rad, of a yaw', lo=0.0, hi=1.0)
    overlooked: float = param(0.01, 'share of obstacles that perception misses', lo=0.0, hi=1.0)
    doubt: float = param(0.01, 'share of scenes with an uncertain target', lo=0.0, hi=1.0)

    def __post_init__(self) -> None:
        check(self)


def make(p: PairParams) -> list[Row]:
    """All pairs; of each rule every second one is for training."""
    rows = []
    for name, scenario in SCENARIOS.items():
        for k in range(p.each):
            rng = np.random.default_rng([p.seed, list(SCENARIOS).index(name), k])
            world = scenario(rng, severity(rng))
            row = {'id': f'{name}/{k}', 'split': ('train', 'test')[k % 2]}
            harms = [rule for rule, harm in HARMS.items() if harm(world)]
            rows.append({**row, 'harms': harms, **seen(world, p, rng)})
    return rows


def seen(w: PairWorld, p: PairParams, rng: Rng) -> Row:
    """The world as perception and joint encoders report it, and the policy's action."""
    objects, overlooked = [], 0
    for k, item in enumerate(w.objects):
        if item.role == Role.OBSTACLE and k != w.held and rng.random() < p.overlooked:
            overlooked += 1
            continue
        at = item.at + rng.normal(0.0, p.position, 3)
        size = item.size + rng.normal(0.0, p.size, 3)
        yaw = item.yaw + rng.normal(0.0, p.turn)
        numbers = [round(float(x), 4) for x in (*at, *size, yaw)]
        objects.append([item.label, item.shape, item.role.name, k == w.held, numbers])
    in_doubt = rng.random() < p.doubt
    return {
        'objects': objects,
        'overlooked': overlooked,
        'verb': w.verb.value,
        'status': TargetStatus.UNKNOWN.name if in_doubt else w.status.name,
        'tool': [round(float(x), 4) for x in w.tool],
        'tool_speed': round(w.tool_speed, 4),
        'opening': round(w.opening, 4),
        'tilt': round(w.tilt, 2),
        'step': round(w.step, 4),
        'rows': np.round(np.column_stack([w.path, w.openings]), 4).tolist(),
        'before': {'near': w.was_near, 'held': w.held_before, 'lost': w.lost},
    }


def write(rows: Iterable[Row], path: Path) -> None:
    """Write one pair per line, atomically."""
    write_atomic(path, ''.join(json.dumps(row) + '\n' for row in rows))


def read(path: Path) -> list[Row]:
    """The pairs of a file; UserError when it holds something else."""
    try:
        return [json.loads(line) for line in path.read_text(encoding='utf-8').splitlines()]
    except ValueError as error:
        raise UserError(f'{path}: not the pairs of ./vla rules pairs: {error}') from error


def situations(row: Row, model: RobotModel) -> list[RuleInputs]:
    """The steps of a pair in order; the last one carries the action."""
    objects = tuple(_object(k, *values) for k, values in enumerate(row['objects']))
    now = _situation(row, objects, None)
    before = []
    if row['before']['near'] < 1.0:
        away = now.tool + [row['before']['near'] + 0.05, 0.0, 0.0]
        hand = GroundedObject(99, 'hand', '', 'person', Role.HUMAN, 0.0, away, 0.0,
                              np.full(3, 0.1), 0.003)  # fmt: skip
        before.append(_situation(row, (*objects, hand), None))
    holds = objects
    if row['before']['lost']:  # the lost object was the target
        holds = tuple(replace(o, is_held=o.role == Role.TARGET) for o in objects)
    before += [_situation(row, holds, None)] * row['before']['held']
    if row['before']['lost']:
        before.append(now)
    path = path_of(_chunk(row), np.eye(4), model)
    if isinstance(path, str):
        raise ValueError(f'{row["id"]}: {path}')
    return [*before, replace(now, path=path)]


def _object(
    k: int, label: str, shape: str, role: str, is_held: bool, numbers: list[float]
) -> GroundedObject:
    x = np.array(numbers)
    return GroundedObject(
        k, label, label.split()[0], shape, Role[role], 0.9, x[:3], float(x[6]), x[3:6], 0.002,
        is_held=is_held,
    )  # fmt: skip


def _situation(row: Row, objects: tuple[GroundedObject, ...], path: None) -> RuleInputs:
    status = TargetStatus[row['status']]
    scene = GroundedScene(0.0, 'pair', ParsedTask(Verb(row['verb'])), objects, status)
    pose = geometry.pose_of(_turn(row['tilt']), row['tool'])
    return RuleInputs(True, scene, 0.1, pose, row['tool_speed'], row['opening'], path)


def _turn(tilt: float) -> Array:
    """Tool orientation tilted by `tilt` deg from straight down, about the base's x axis."""
    return geometry.exp_rotation((np.radians(tilt), 0.0, 0.0)) @ np.diag([1.0, -1.0, -1.0])


def _chunk(row: Row) -> ActionChunk:
    rows = np.array(row['rows'])
    turns = np.repeat(geometry.log_rotation(_turn(row['tilt']))[None], len(rows), axis=0)
    values = np.hstack([rows[:, :3], turns, rows[:, 3:]])
    return ActionChunk(
        0.0, 'pair', 'pair', 1, Space.EE_POSE, EE_NAMES, 0.0, row['step'], values
    )  # fmt: skip
