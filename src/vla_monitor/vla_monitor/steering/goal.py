"""Goal of a plan step, resolved in the scene: target, destination, direction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vla_core.frozen import Array
from vla_core.records.plan_step import PlanStep, StepKind
from vla_core.records.scene import GroundedObject, GroundedScene, Role, Verb
from vla_monitor.steering.gripper_geometry import top

SIDES = {'left': (0.0, 1.0), 'right': (0.0, -1.0), 'forward': (1.0, 0.0), 'back': (-1.0, 0.0)}
LENGTH = {Verb.PUSH: 0.11, Verb.OPEN: 0.105, Verb.CLOSE: 0.13}  # m, required displacement
CLEAR = 0.045  # m, clearance of the tool above objects
LOWEST_TRAVEL = 0.14  # m, of the tcp
HANDLING = (StepKind.REACH, StepKind.GRASP, StepKind.CARRY, StepKind.LOWER, StepKind.RELEASE)
SLIDING = (StepKind.BEHIND, StepKind.PUSH)


@dataclass(frozen=True)
class StepGoal:
    """One plan step with its objects in the scene; `target` is None when there is none."""

    step: PlanStep
    verb: Verb
    target: GroundedObject | None
    place: GroundedObject | None  # destination of the task, named by the step or not
    others: tuple[GroundedObject, ...]
    direction: Array | None = None  # (2,) unit vector of the required displacement
    first: Array | None = None  # (3,) m, target position at the start of the attempt

    @property
    def kind(self) -> StepKind:
        return self.step.kind

    @cached_property
    def travel(self) -> float:
        """m, tool height that clears all objects."""
        objects = [t for t in (self.target, self.place, *self.others) if t and not t.is_held]
        return max([LOWEST_TRAVEL, *(top(t) + CLEAR for t in objects)])

    @property
    def is_handling(self) -> bool:
        """True for the steps of picking and placing."""
        return self.kind in HANDLING and self.target is not None

    @property
    def is_sliding(self) -> bool:
        return self.kind in SLIDING and self.target is not None and self.direction is not None


def goal_of(step: PlanStep, scene: GroundedScene, first: Array | None) -> StepGoal:
    """Return the goal of a plan step; ValueError when it names another object than the task."""
    target, place = scene.by_role(Role.TARGET), scene.by_role(Role.DESTINATION)
    if step.object and (target is None or step.object != target.label):
        meant = 'none' if target is None else f'the {target.label}'
        raise ValueError(f"plan step '{step}' does not match the target of the task: {meant}")
    if step.destination and (place is None or step.destination != place.label):
        meant = 'none' if place is None else f'the {place.label}'
        raise ValueError(f"plan step '{step}' does not match the destination of the task: {meant}")
    named = {o.id for o in (target, place) if o is not None}
    others = tuple(o for o in scene.objects if o.id not in named and o.role != Role.ROBOT)
    return StepGoal(
        step, scene.task.verb, target, place, others, _slide_direction(scene, target), first
    )


def _slide_direction(scene: GroundedScene, target: GroundedObject | None) -> Array | None:
    """(2,) unit vector along which the task slides its target; None without a slide."""
    verb = scene.task.verb
    if target is None or verb not in LENGTH:
        return None
    if verb == Verb.PUSH:
        return np.array(SIDES[scene.task.side]) if scene.task.side in SIDES else None
    along = target.yaw + (np.pi / 2 if target.size[1] <= target.size[0] else 0.0)
    direction = np.array([np.cos(along), np.sin(along)])  # across the bar of the handle
    housing = next((o for o in scene.objects if o.shape == 'housing'), None)
    out = target.position[:2] - housing.position[:2] if housing else np.array([-1.0, 0.0])
    direction = direction if direction @ out >= 0.0 else -direction
    return direction if verb == Verb.OPEN else -direction
