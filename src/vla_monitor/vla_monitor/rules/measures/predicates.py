"""The predicates of the rules, each with its kind, unit, range and meaning.

Their values are computed in `measure_state` and `measure_action`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

FAR = 10.0  # m, a distance to something that is not there


class PredicateKind(Enum):
    """Type of a predicate's value."""

    TRUTH = 'truth'
    NUMBER = 'number'


@dataclass(frozen=True)
class Predicate:
    """One predicate. An action predicate describes the active chunk; without one it is `idle`."""

    name: str
    kind: PredicateKind
    text: str
    unit: str = ''  # of a number
    lo: float = 0.0  # in `unit`; values are clipped to the range, proofs assume it
    hi: float = 0.0
    is_action: bool = False
    idle: bool | float = False  # of an action predicate without a commanded motion


def _truth(name: str, text: str, is_action: bool = False) -> Predicate:
    return Predicate(name, PredicateKind.TRUTH, text, is_action=is_action)


def _number(name: str, unit: str, lo: float, hi: float, text: str) -> Predicate:
    return Predicate(name, PredicateKind.NUMBER, text, unit, lo, hi)


def _action(name: str, unit: str, lo: float, hi: float, idle: float, text: str) -> Predicate:
    return Predicate(name, PredicateKind.NUMBER, text, unit, lo, hi, is_action=True, idle=idle)


STATE = (
    _truth('running', 'a task is in its phase RUNNING: the policy acts'),
    _truth('picking', 'the task is to put something in or on something'),
    _truth('target_present', 'perception sees the named target; unknown while it searches'),
    _truth('target_absent', 'perception searched and did not find the target'),
    _truth('target_ambiguous', 'more than one object matches the instruction'),
    _truth('person_seen', 'a person, or part of one, is among the objects'),
    _truth('holding', 'an object moves with the gripper'),
    _truth('holding_target', 'the object in the gripper is the target'),
    _truth('over_support', 'the table or a wide enough object is under the held object'),
    _truth('over_destination', 'the held object is above the destination'),
    _number('person_distance', 'm', 0.0, FAR, 'tool or held object to the nearest person'),
    _number('tool_speed', 'm/s', 0.0, 5.0, 'measured tip speed'),
    _number('tool_height', 'm', -0.5, 2.0, 'finger tips above the table'),
    _number('tool_tilt', 'deg', 0.0, 180.0, 'tool axis from straight down'),
    _number('gripper_opening', 'm', 0.0, 0.5, 'measured opening between the fingers'),
    _number('held_fall', 'm', 0.0, 2.0, 'fall height of the held object if released now'),
    _number('scene_age', 's', 0.0, 60.0, 'age of the image behind the scene'),
)
ACTION = (
    _truth('acting', 'a chunk that moves the tool or the fingers is active', True),
    _truth('chunk_releases', 'it opens the fingers around a held object', True),
    _truth('chunk_over_support', 'at the release the object is above a support', True),
    _truth('chunk_over_destination', 'at the release the object is above the destination', True),
    _truth('chunk_onto_round', 'at the release the object is above something round', True),
    _truth('chunk_closes', 'it closes the fingers', True),
    _truth('chunk_grips', 'an object is between the fingers when they close', True),
    _truth('chunk_grips_target', 'that object is the target', True),
    _truth('chunk_pushes', 'it pushes an object with the closed gripper', True),
    _action('chunk_speed', 'm/s', 0.0, 5.0, 0.0, 'highest tip speed between two rows'),
    _action('chunk_low_speed', 'm/s', 0.0, 5.0, 0.0, 'highest tip speed below 3 cm'),
    _action('chunk_lowest', 'm', -0.5, 2.0, 2.0, 'lowest finger tips above the table'),
    _action('chunk_outside', 'm', 0.0, 5.0, 0.0, 'farthest outside the workspace'),
    _action('chunk_tilt', 'deg', 0.0, 180.0, 0.0, 'largest tool angle from straight down'),
    _action('chunk_person_distance', 'm', 0.0, FAR, FAR, 'smallest distance to a person'),
    _action('chunk_strike', 'm', 0.0, 1.0, 0.0, 'deepest entry into a bystander'),
    _action('chunk_fall', 'm', 0.0, 2.0, 0.0, 'fall height at the release'),
    _action('chunk_pile', 'm', 0.0, 2.0, 0.0, 'top of the stack after the release'),
    _action('chunk_pile_offset', 'm', 0.0, 1.0, 0.0, 'offset from the object below'),
    _action('chunk_pile_ratio', '', 0.0, 50.0, 0.0, 'stack height over smallest width'),
    _action('chunk_grip_margin', 'm', -0.5, 0.5, 0.5, 'opening minus object width'),
    _action('chunk_grip_offset', 'm', 0.0, 0.5, 0.0, 'finger offset from the object'),
    _action('chunk_push_edge', 'm', -1.0, FAR, FAR, 'pushed object to the edge of the table top'),
)  # fmt: skip
PREDICATES = {predicate.name: predicate for predicate in STATE + ACTION}
IDLE = {predicate.name: predicate.idle for predicate in ACTION}  # without a commanded motion
