"""Plan steps that a policy reports: kind of step, object and destination."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class StepKind(str, Enum):
    """Kinds of steps; the value is the verb."""

    REACH = 'reach'  # the open gripper to the grasp pose
    GRASP = 'grasp'  # close the gripper on the object
    CARRY = 'carry'  # the held object above the destination
    LOWER = 'lower'  # the held object down to the release pose
    RELEASE = 'release'  # open the gripper
    BEHIND = 'go behind'  # the closed gripper to the start of a push
    PUSH = 'push'  # the object along the table
    PRESS = 'press'
    RETREAT = 'retreat'  # up and away after the step
    LOOK = 'look'  # the object is not in view
    WAIT = 'wait'


NEEDS_DESTINATION = (StepKind.CARRY, StepKind.LOWER)
WITHOUT_OBJECT = (StepKind.RETREAT, StepKind.LOOK, StepKind.WAIT)
PATTERN = re.compile(r'^(?P<kind>[a-z ]+?) the (?P<object>.+?)(?: to the (?P<destination>.+))?$')


@dataclass(frozen=True)
class PlanStep:
    """One step; labels are those of the objects of the scene, such as 'red cube'."""

    kind: StepKind
    object: str = ''
    destination: str = ''

    def __str__(self) -> str:
        target = f' the {self.object}' if self.object else ''
        goal = f' to the {self.destination}' if self.destination else ''
        return f'{self.kind.value}{target}{goal}'


def parse_step(text: str) -> PlanStep:
    """The step of a text; ValueError lists the known kinds."""
    text = ' '.join(text.lower().split())
    if text in {kind.value for kind in WITHOUT_OBJECT}:
        return PlanStep(StepKind(text))
    found = PATTERN.match(text)
    kinds = {kind.value: kind for kind in StepKind if kind not in WITHOUT_OBJECT}
    kind = kinds.get(found['kind']) if found else None
    if found is None or kind is None:
        known = ', '.join(k.value for k in StepKind)
        raise ValueError(f'no plan step {text!r}; known kinds: {known}')
    destination = found['destination'] or ''
    if (kind in NEEDS_DESTINATION) != bool(destination):
        raise ValueError(f'{text!r} {"lacks" if not destination else "has"} a destination')
    return PlanStep(kind, found['object'], destination)
