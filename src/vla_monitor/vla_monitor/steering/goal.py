"""What a plan step is about, found in the scene: which thing, where to, which way."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vla_core.frozen import Array
from vla_core.records.plan_step import PlanStep, StepKind
from vla_core.records.scene import GroundedObject, GroundedScene, Role, Verb
from vla_monitor.steering.gripper_geometry import top

SIDES = {'left': (0.0, 1.0), 'right': (0.0, -1.0), 'forward': (1.0, 0.0), 'back': (-1.0, 0.0)}
LENGTH = {Verb.PUSH: 0.11, Verb.OPEN: 0.105, Verb.CLOSE: 0.13}  # m, that a thing is to slide
CLEAR = 0.045  # m, of the tool above what it passes
LOWEST_TRAVEL = 0.14  # m, of the tcp
HANDLING = (StepKind.REACH, StepKind.GRASP, StepKind.CARRY, StepKind.LOWER, StepKind.RELEASE)
SLIDING = (StepKind.BEHIND, StepKind.PUSH)


@dataclass(frozen=True)
class StepGoal:
    """One plan step with the things it names; `thing` is None for steps that name none."""

    step: PlanStep
    verb: Verb
    thing: GroundedObject | None
    place: GroundedObject | None  # destination of the task, whether the step names it or not
    others: tuple[GroundedObject, ...]
    way: Array | None = None  # (2,) unit vector, along which the thing is to slide
    first: Array | None = None  # (3,) m, where the thing was when the attempt began

    @property
    def kind(self) -> StepKind:
        return self.step.kind

    @cached_property
    def travel(self) -> float:
        """m, height of a tool that passes over everything."""
        things = [t for t in (self.thing, self.place, *self.others) if t and not t.is_held]
        return max([LOWEST_TRAVEL, *(top(t) + CLEAR for t in things)])

    @property
    def is_handling(self) -> bool:
        """True for the steps of picking up and putting down."""
        return self.kind in HANDLING and self.thing is not None

    @property
    def is_sliding(self) -> bool:
        return self.kind in SLIDING and self.thing is not None and self.way is not None


def goal_of(step: PlanStep, scene: GroundedScene, first: Array | None) -> StepGoal:
    """Return the purpose of a plan step; ValueError says what it names that is not meant."""
    target, place = scene.by_role(Role.TARGET), scene.by_role(Role.DESTINATION)
    if step.object and (target is None or step.object != target.label):
        meant = 'nothing' if target is None else f'the {target.label}'
        raise ValueError(f"'{step}', but {meant} is meant")
    if step.destination and (place is None or step.destination != place.label):
        meant = 'nowhere' if place is None else f'the {place.label}'
        raise ValueError(f"'{step}', but {meant} is meant")
    named = {o.id for o in (target, place) if o is not None}
    others = tuple(o for o in scene.objects if o.id not in named and o.role != Role.ROBOT)
    return StepGoal(step, scene.task.verb, target, place, others, _way(scene, target), first)


def _way(scene: GroundedScene, target: GroundedObject | None) -> Array | None:
    """(2,) the way that the task slides its target; None when it slides none."""
    verb = scene.task.verb
    if target is None or verb not in LENGTH:
        return None
    if verb == Verb.PUSH:
        return np.array(SIDES[scene.task.side]) if scene.task.side in SIDES else None
    along = target.yaw + (np.pi / 2 if target.size[1] <= target.size[0] else 0.0)
    way = np.array([np.cos(along), np.sin(along)])  # across the bar of the handle
    housing = next((o for o in scene.objects if o.shape == 'housing'), None)
    out = target.position[:2] - housing.position[:2] if housing else np.array([-1.0, 0.0])
    way = way if way @ out >= 0.0 else -way
    return way if verb == Verb.OPEN else -way
