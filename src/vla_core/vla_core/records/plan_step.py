"""What a policy says it is about to do: a kind of step, what it acts on, and where it ends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class StepKind(str, Enum):
    """The steps that can be said and checked; the value is the verb."""

    REACH = 'reach'  # the open hand to where it can close on the thing
    GRASP = 'grasp'  # close on it
    CARRY = 'carry'  # held, over the destination
    LOWER = 'lower'  # held, down to where it can be let go
    RELEASE = 'release'  # open
    BEHIND = 'go behind'  # the closed hand to where a push begins
    PUSH = 'push'  # along, with the thing in front
    PRESS = 'press'
    RETREAT = 'retreat'  # done: up and away
    LOOK = 'look'  # what is meant is not seen
    WAIT = 'wait'


NEEDS_DESTINATION = (StepKind.CARRY, StepKind.LOWER)
WITHOUT_OBJECT = (StepKind.RETREAT, StepKind.LOOK, StepKind.WAIT)
PATTERN = re.compile(r'^(?P<kind>[a-z ]+?) the (?P<object>.+?)(?: to the (?P<destination>.+))?$')


@dataclass(frozen=True)
class PlanStep:
    """One step; labels are those of the scene's objects, as in 'red cube'."""

    kind: StepKind
    object: str = ''
    destination: str = ''

    def __str__(self) -> str:
        patient = f' the {self.object}' if self.object else ''
        goal = f' to the {self.destination}' if self.destination else ''
        return f'{self.kind.value}{patient}{goal}'


def parse_step(text: str) -> PlanStep:
    """Return the step of a text; ValueError lists the kinds that are known."""
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
