"""Checks where a robot file places things: the tip at home and its workspace."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vla_core.robot.arm import WORKSPACE, ArmConfig
from vla_core.robot.config import RobotConfig
from vla_core.robot.length_scale import reach
from vla_core.robot.model import RobotModel

MOST = 2.0  # times the reach of the arm, from its base to a corner of its workspace


def place_problems(robot: RobotConfig, model: RobotModel) -> Iterator[tuple[str, str]]:
    """What is in the wrong place, and what to change."""
    for arm in robot.arms:
        yield from _tip_at_home(model, arm)
        yield from _workspace(model, arm)


def _tip_at_home(model: RobotModel, arm: ArmConfig) -> Iterator[tuple[str, str]]:
    lower, upper = arm.workspace or WORKSPACE
    tip = model.fk(model.home, arm.tip_frame)[:3, 3]
    if np.all((tip >= lower) & (tip <= upper)):
        return
    whose = 'workspace' if arm.workspace else 'the default workspace'
    yield (
        f'at home the tip of {arm.name} is at {point_text(tip)} m, outside {whose} '
        f'[{point_text(lower)}, {point_text(upper)}]',
        'correct home, mount (m and rad) or workspace (m, base_frame)',
    )


def _workspace(model: RobotModel, arm: ArmConfig) -> Iterator[tuple[str, str]]:
    length, base = reach(model.pin_model, model.pin_model.getFrameId(arm.tip_frame))
    box = np.array(arm.workspace or [base, base])
    far = float(np.linalg.norm(np.abs(box - base).max(axis=0)))
    if far > MOST * length:
        yield (
            f'workspace of {arm.name} [{point_text(box[0])}, {point_text(box[1])}] has a corner '
            f'{far:.1f} m from its base; stretched, the arm is {length:.1f} m long',
            'give both corners in m, in base_frame',
        )


def point_text(values: object) -> str:
    """A point in m as in a robot file."""
    return '[' + ', '.join(f'{value:.4g}' for value in np.round(np.asarray(values), 3)) + ']'
