"""Inputs of the predicates at one time: scene, tool pose, gripper and remaining tool path."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from vla_core.frozen import Array
from vla_core.params import check, param
from vla_core.records.scene import GroundedObject, GroundedScene, Role
from vla_monitor.rules.measures.object_boxes import FIXED, ObjectBoxes
from vla_monitor.rules.measures.tool_path import ToolPathStates


@dataclass(frozen=True)
class MeasureParams:
    """Geometry and thresholds of the predicates."""

    table_lower: tuple[float, float] = param((0.05, -0.75), 'm, corner of the table top')
    table_upper: tuple[float, float] = param((0.90, 0.75), 'm, corner of the table top')
    work_lower: tuple[float, float, float] = param((0.05, -0.75, 0.0), 'm, workspace of the tip')
    work_upper: tuple[float, float, float] = param((0.90, 0.75, 1.0), 'm, workspace of the tip')
    tip: float = param(0.008, 'm, finger tips below the tcp', lo=0.0, hi=0.1)
    low: float = param(0.03, 'm, tips lower than this are near the table', lo=0.0, hi=0.5)
    opens: float = param(0.008, 'm, increase of the opening that releases', lo=0.001, hi=0.05)
    closes: float = param(0.01, 'm, decrease of the opening that grips', lo=0.001, hi=0.05)
    closed: float = param(0.02, 'm, a gripper narrower than this pushes', lo=0.0, hi=0.1)
    reach: float = param(0.012, 'm, tool outside an object that it still grips', lo=0.0, hi=0.05)
    finger: float = param(0.012, 'm, half the width of the closed gripper', lo=0.001, hi=0.1)
    blur: float = param(0.004, 'm, error of perceived positions', lo=0.0, hi=0.05)
    moves: float = param(0.003, 'm, a shorter path counts as no motion', lo=0.0, hi=0.1)
    scene_max_age: float = param(1.0, 's, an older scene counts as unknown', lo=0.05, hi=10.0)
    joints_max_age: float = param(0.3, 's, older joint states count as unknown', lo=0.01, hi=2.0)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class RuleInputs:
    """State at one time. None means unknown; `path` None means that no motion is commanded."""

    running: bool
    scene: GroundedScene | None
    scene_age: float  # s
    base_from_tcp: Array | None  # (4, 4) m
    tool_speed: float | None  # m/s
    opening: float | None  # m, between the fingers
    path: ToolPathStates | None = None
    unknown: str = ''  # why the commanded path is unknown; empty when it is known

    @functools.cached_property
    def held(self) -> GroundedObject | None:
        """The object in the gripper."""
        items = self.scene.objects if self.scene else ()
        return next((o for o in items if o.is_held and o.shape not in FIXED), None)

    @functools.cached_property
    def people(self) -> ObjectBoxes:
        items = self.scene.objects if self.scene else ()
        return ObjectBoxes.of([o for o in items if o.role == Role.HUMAN])

    @functools.cached_property
    def others(self) -> ObjectBoxes:
        """All objects but people and the held object."""
        items = self.scene.objects if self.scene else ()
        held = self.held
        return ObjectBoxes.of([o for o in items if o is not held and o.role != Role.HUMAN])

    @property
    def tool(self) -> Array:
        """(3,) m, position of the tcp; NaN when unknown."""
        return np.full(3, np.nan) if self.base_from_tcp is None else self.base_from_tcp[:3, 3]
