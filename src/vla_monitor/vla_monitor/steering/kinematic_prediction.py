"""What a candidate leads to by kinematics alone: the tool goes where it is told, a thing between
closing fingers comes along, one in front of the closed hand gives way, one let go falls."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vla_core.frozen import Array
from vla_core.records.plan_step import StepKind
from vla_core.records.scene import GroundedObject, Verb
from vla_monitor.steering import gripper_geometry
from vla_monitor.steering.goal import StepGoal
from vla_monitor.steering.outcome import CandidateOutcome, OutcomeMoment
from vla_monitor.steering.path import ToolPath

GRIP_SPEED = 0.1  # m/s, of the opening
CLOSED = 0.012  # m, fingers nearer than this hold nothing
LOOSE = 0.008  # m, wider than the thing by this is not held
ON = 0.015  # m, above what carries it: put down, not dropped
PRESSED = 0.001  # m, of the tcp below the top of a button
SINKING = 0.003  # m, down from row to row
SOON = 0.8  # s, what goes wrong within this goes wrong
CLOSE_AT = 0.03  # m, an opening asked below this asks to grip


def is_holding(tcp: Array, yaw: float, opening: float, thing: GroundedObject) -> bool:
    """True when the fingers are tight around the thing."""
    if thing.is_held:
        return True
    if not CLOSED <= opening <= gripper_geometry.width_between(thing, yaw) + LOOSE:
        return False
    return gripper_geometry.is_between(tcp, yaw, opening, thing)


@dataclass
class KinematicPrediction:
    """One candidate, imagined row by row."""

    purpose: StepGoal
    now: OutcomeMoment
    step: float = 0.1  # s between rows

    def __post_init__(self) -> None:
        self.faults: list[str] = []
        self.doubts: list[str] = []
        self._row = 0
        self.event = -1.0
        self._is_gripping = self.now.opening < CLOSE_AT or self.now.is_holding

    def of(self, path: ToolPath) -> CandidateOutcome:
        """Return where the path leads."""
        moments = [self.now]
        for k in range(len(path.poses)):
            before, self._row = moments[-1], k
            asked = float(path.opening[k])
            self._note_event(before, asked, k * path.step)
            moments.append(self._next(before, path, k, asked))
        faults = tuple(dict.fromkeys(self.faults))
        return CandidateOutcome(
            tuple(moments), faults, self.event, len(set(self.doubts) - set(faults))
        )

    def _blame(self, fault: str) -> None:
        """What goes wrong later on in a chunk is in doubt: a newer chunk comes before it."""
        is_soon = self._row * self.step <= SOON
        (self.faults if is_soon else self.doubts).append(fault)

    def _note_event(self, before: OutcomeMoment, asked: float, ahead: float) -> None:
        is_grip = asked < CLOSE_AT
        if self.event < 0.0 and is_grip != self._is_gripping:
            self.event = ahead
        self._is_gripping = is_grip

    def _next(self, before: OutcomeMoment, path: ToolPath, k: int, asked: float) -> OutcomeMoment:
        tcp, yaw = path.positions[k], float(path.yaw[k])
        most = GRIP_SPEED * path.step if k else 0.0
        opening = before.opening + min(max(asked - before.opening, -most), most)
        thing = self.purpose.thing
        if thing is None:
            return OutcomeMoment(tcp, yaw, opening, tcp, False)
        now = OutcomeMoment(tcp, yaw, opening, before.thing, before.is_holding, before.is_done)
        if before.is_holding:
            return self._carried(before, now, asked, thing)
        if before.thing is not thing.position:  # it was moved on the way
            thing = replace(thing, position=before.thing)
        if self.purpose.is_sliding:
            return self._pushed(now, thing)
        if self.purpose.kind == StepKind.PRESS:
            return self._pressed(now, thing)
        if self.purpose.is_handling:
            return self._gripped(before, now, asked, thing)
        return self._left_alone(before, now, thing)

    def _carried(
        self, before: OutcomeMoment, now: OutcomeMoment, asked: float, thing: GroundedObject
    ) -> OutcomeMoment:
        """What is held comes along until the fingers open."""
        moved = before.thing + now.tcp - before.tcp
        if asked < CLOSE_AT:
            return replace(now, thing=moved, opening=before.opening)
        rest = self._support(moved, thing)
        if moved[2] - rest > ON and not self._is_over_place(moved):
            place = f' beside the {self.purpose.place.label}' if self.purpose.place else ''
            self._blame(f'drops the {thing.label}{place}')
        return replace(now, thing=np.r_[moved[:2], min(moved[2], rest)], is_holding=False)

    def _support(self, at: Array, thing: GroundedObject) -> float:
        """m, height of the thing's middle when it rests at `at`: on its place or on the table."""
        half = float(thing.size[2] / 2)
        place = self.purpose.place
        if place is None or not self._is_over_place(at):
            return half
        return half + (0.008 if place.shape == 'box' else gripper_geometry.top(place))

    def _is_over_place(self, at: Array) -> bool:
        """True when a thing let go at `at` ends up in or on its place."""
        place = self.purpose.place
        if place is None:
            return False
        offset = at[:2] - place.position[:2]
        c, s = np.cos(place.yaw), np.sin(place.yaw)
        local = np.abs([c * offset[0] + s * offset[1], c * offset[1] - s * offset[0]])
        share = 0.4 if self.purpose.verb == Verb.PUT_IN else 0.35  # of its size, from its middle
        bottom = at[2] - (self.purpose.thing.size[2] / 2 if self.purpose.thing else 0.0)
        highest = gripper_geometry.top(place) + (
            0.04 if self.purpose.verb == Verb.PUT_IN else 0.02
        )
        return bool(np.all(local <= share * place.size[:2]) and bottom <= highest)

    def _gripped(
        self, before: OutcomeMoment, now: OutcomeMoment, asked: float, thing: GroundedObject
    ) -> OutcomeMoment:
        """Closing fingers take the thing when it is between them; they must not come down on
        it."""
        is_closing = asked < CLOSE_AT and now.opening < before.opening
        width = gripper_geometry.width_between(thing, now.yaw)
        if is_closing and gripper_geometry.is_between(
            now.tcp, now.yaw, max(now.opening, width), thing
        ):
            if now.opening <= width:
                return replace(now, opening=width, is_holding=True)
            return now
        if is_closing and now.opening <= width and before.opening > width:
            self._blame('closes on nothing')
        else:
            self._check_hit(before, now, thing)
        return now

    def _check_hit(self, before: OutcomeMoment, now: OutcomeMoment, thing: GroundedObject) -> None:
        """A finger that is at the thing already may go up or away, not further down."""
        if not gripper_geometry.is_hit(now.tcp, now.yaw, now.opening, thing):
            return
        is_sinking = now.tcp[2] < before.tcp[2] - SINKING
        if is_sinking or not gripper_geometry.is_hit(
            before.tcp, before.yaw, before.opening, thing
        ):
            self._blame(f'comes down on the {thing.label}')

    def _pressed(self, now: OutcomeMoment, thing: GroundedObject) -> OutcomeMoment:
        """A closed hand that comes low enough over the button has pressed it."""
        is_over = np.hypot(*(now.tcp[:2] - thing.position[:2])) <= thing.size[0] / 2
        is_low = now.tcp[2] <= gripper_geometry.top(thing) - PRESSED
        return replace(now, is_done=now.is_done or bool(is_over and is_low))

    def _left_alone(
        self, before: OutcomeMoment, now: OutcomeMoment, thing: GroundedObject
    ) -> OutcomeMoment:
        """A hand that goes away may still be at the thing, but not come down on it."""
        is_sinking = now.tcp[2] < before.tcp[2] - SINKING
        if is_sinking and gripper_geometry.is_hit(now.tcp, now.yaw, now.opening, thing):
            self._blame(f'comes down on the {thing.label}')
        return now

    def _pushed(self, now: OutcomeMoment, thing: GroundedObject) -> OutcomeMoment:
        """The closed hand moves what is in front of it."""
        way = self.purpose.way
        if way is None or now.tcp[2] - gripper_geometry.TIP > gripper_geometry.top(thing):
            return now
        offset = thing.position[:2] - now.tcp[:2]
        along = float(offset @ way)
        reach = gripper_geometry.half_along(thing, way) + gripper_geometry.FINGER
        aside = float(np.hypot(*(offset - along * way)))
        if not (0.0 < along < reach and aside < reach):
            if gripper_geometry.is_hit(now.tcp, now.yaw, now.opening, thing):
                self._blame(f'comes down on the {thing.label}')
            return now
        return replace(now, thing=thing.position + np.r_[(reach - along) * way, 0.0])
