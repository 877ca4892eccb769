"""The words that rules are written in: every predicate with its kind, unit, range and meaning.

The value of each is computed from what flows, in `measure_state` and `measure_action`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

FAR = 10.0  # m, a distance to something that is not there


class PredicateKind(Enum):
    """What a predicate's value is."""

    TRUTH = 'truth'
    NUMBER = 'number'


@dataclass(frozen=True)
class Predicate:
    """One word. An action predicate speaks of the chunk in force; without one it is `idle`."""

    name: str
    kind: PredicateKind
    text: str
    unit: str = ''  # of a number
    lo: float = 0.0  # in `unit`; values are clipped to the range, proofs assume it
    hi: float = 0.0
    is_action: bool = False
    idle: bool | float = False  # of an action predicate while nothing is asked for


def _truth(name: str, text: str, is_action: bool = False) -> Predicate:
    return Predicate(name, PredicateKind.TRUTH, text, is_action=is_action)


def _number(name: str, unit: str, lo: float, hi: float, text: str) -> Predicate:
    return Predicate(name, PredicateKind.NUMBER, text, unit, lo, hi)


def _asked(name: str, unit: str, lo: float, hi: float, idle: float, text: str) -> Predicate:
    return Predicate(name, PredicateKind.NUMBER, text, unit, lo, hi, is_action=True, idle=idle)


STATE = (
    _truth('running', 'a task is in its phase RUNNING: the policy acts'),
    _truth('picking', 'the task is to put something in or on something'),
    _truth('target_present', 'perception sees what the words name; unknown while it looks'),
    _truth('target_absent', 'perception looked and did not find it'),
    _truth('target_ambiguous', 'more than one thing fits the words'),
    _truth('person_seen', 'a person, or part of one, is among the objects'),
    _truth('holding', 'an object moves with the gripper'),
    _truth('holding_target', 'the object in the gripper is the one that was named'),
    _truth('over_support', 'under the held object are the table or a thing wide enough for it'),
    _truth('over_destination', 'the held object is above the destination'),
    _number('person_distance', 'm', 0.0, FAR, 'tool or held object to the nearest person'),
    _number('tool_speed', 'm/s', 0.0, 5.0, 'of the tip, measured'),
    _number('tool_height', 'm', -0.5, 2.0, 'of the finger tips above the table'),
    _number('tool_tilt', 'deg', 0.0, 180.0, 'of the tool from straight down'),
    _number('gripper_opening', 'm', 0.0, 0.5, 'between the fingers, measured'),
    _number('held_fall', 'm', 0.0, 2.0, 'the held object would fall if it were let go now'),
    _number('scene_age', 's', 0.0, 60.0, 'since the picture behind the scene'),
)
ACTION = (
    _truth('acting', 'a chunk that moves the tool or the fingers is in force', True),
    _truth('chunk_releases', 'it opens the fingers around a held object', True),
    _truth('chunk_over_support', 'at the release the object is above a support', True),
    _truth('chunk_over_destination', 'at the release the object is above the destination', True),
    _truth('chunk_onto_round', 'at the release the object is above something round', True),
    _truth('chunk_closes', 'it closes the fingers', True),
    _truth('chunk_grips', 'where it closes them there is an object between them', True),
    _truth('chunk_grips_target', 'that object is the target', True),
    _truth('chunk_pushes', 'it moves an object aside with the closed hand', True),
    _asked('chunk_speed', 'm/s', 0.0, 5.0, 0.0, 'fastest of the tip between two rows'),
    _asked('chunk_low_speed', 'm/s', 0.0, 5.0, 0.0, 'fastest with the tips under 3 cm'),
    _asked('chunk_lowest', 'm', -0.5, 2.0, 2.0, 'lowest finger tips above the table'),
    _asked('chunk_outside', 'm', 0.0, 5.0, 0.0, 'farthest outside the workspace'),
    _asked('chunk_tilt', 'deg', 0.0, 180.0, 0.0, 'largest of the tool from straight down'),
    _asked('chunk_person_distance', 'm', 0.0, FAR, FAR, 'nearest the tool comes to a person'),
    _asked('chunk_strike', 'm', 0.0, 1.0, 0.0, 'deepest that tips or load enter a bystander'),
    _asked('chunk_fall', 'm', 0.0, 2.0, 0.0, 'the object falls at the release'),
    _asked('chunk_pile', 'm', 0.0, 2.0, 0.0, 'top of the pile after the release'),
    _asked('chunk_pile_offset', 'm', 0.0, 1.0, 0.0, 'off the middle of a thing it is set on'),
    _asked('chunk_pile_ratio', '', 0.0, 50.0, 0.0, 'height of the pile by its narrowest width'),
    _asked('chunk_grip_margin', 'm', -0.5, 0.5, 0.5, 'opening minus width of what it grips'),
    _asked('chunk_grip_offset', 'm', 0.0, 0.5, 0.0, 'fingers off the middle of what they grip'),
    _asked('chunk_push_edge', 'm', -1.0, FAR, FAR, 'pushed object to the edge of the work area'),
)  # fmt: skip
PREDICATES = {predicate.name: predicate for predicate in STATE + ACTION}
IDLE = {predicate.name: predicate.idle for predicate in ACTION}  # while nothing is asked for
