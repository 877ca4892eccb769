"""Kinematic prediction of a candidate: the tool follows its commands, an object between closing
fingers is carried, one in front of the closed gripper is pushed, a released one falls."""

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
LOOSE = 0.008  # m, an opening wider than the object by this does not hold it
ON = 0.015  # m, largest release height above the support that is not a drop
PRESSED = 0.001  # m, tcp below the top of a pressed button
SINKING = 0.003  # m, descent from row to row
SOON = 0.8  # s, horizon within which a fault refuses the candidate
CLOSE_AT = 0.03  # m, a commanded opening below this is a grip command


def is_holding(tcp: Array, yaw: float, opening: float, target: GroundedObject) -> bool:
    """True when the fingers are tight around the object."""
    if target.is_held:
        return True
    if not CLOSED <= opening <= gripper_geometry.width_between(target, yaw) + LOOSE:
        return False
    return gripper_geometry.is_between(tcp, yaw, opening, target)


@dataclass
class KinematicPrediction:
    """Prediction of one candidate, row by row."""

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
        """Return the predicted outcome of the path."""
        moments = [self.now]
        for k in range(len(path.poses)):
            before, self._row = moments[-1], k
            commanded = float(path.opening[k])
            self._note_event(before, commanded, k * path.step)
            moments.append(self._next(before, path, k, commanded))
        faults = tuple(dict.fromkeys(self.faults))
        return CandidateOutcome(
            tuple(moments), faults, self.event, len(set(self.doubts) - set(faults))
        )

    def _add_fault(self, fault: str) -> None:
        """Record a fault; a late one is only a doubt, because a newer chunk replaces that part."""
        is_soon = self._row * self.step <= SOON
        (self.faults if is_soon else self.doubts).append(fault)

    def _note_event(self, before: OutcomeMoment, commanded: float, ahead: float) -> None:
        is_grip = commanded < CLOSE_AT
        if self.event < 0.0 and is_grip != self._is_gripping:
            self.event = ahead
        self._is_gripping = is_grip

    def _next(
        self, before: OutcomeMoment, path: ToolPath, k: int, commanded: float
    ) -> OutcomeMoment:
        tcp, yaw = path.positions[k], float(path.yaw[k])
        most = GRIP_SPEED * path.step if k else 0.0
        opening = before.opening + min(max(commanded - before.opening, -most), most)
        target = self.purpose.target
        if target is None:
            return OutcomeMoment(tcp, yaw, opening, tcp, False)
        now = OutcomeMoment(tcp, yaw, opening, before.target, before.is_holding, before.is_done)
        if before.is_holding:
            return self._carried(before, now, commanded, target)
        if before.target is not target.position:  # it was moved earlier
            target = replace(target, position=before.target)
        if self.purpose.is_sliding:
            return self._pushed(now, target)
        if self.purpose.kind == StepKind.PRESS:
            return self._pressed(now, target)
        if self.purpose.is_handling:
            return self._gripped(before, now, commanded, target)
        return self._left_alone(before, now, target)

    def _carried(
        self, before: OutcomeMoment, now: OutcomeMoment, commanded: float, target: GroundedObject
    ) -> OutcomeMoment:
        """Move the held object with the tool until the fingers open."""
        moved = before.target + now.tcp - before.tcp
        if commanded < CLOSE_AT:
            return replace(now, target=moved, opening=before.opening)
        rest = self._support(moved, target)
        if moved[2] - rest > ON and not self._is_over_place(moved):
            place = f' beside the {self.purpose.place.label}' if self.purpose.place else ''
            self._add_fault(f'drops the {target.label}{place}')
        return replace(now, target=np.r_[moved[:2], min(moved[2], rest)], is_holding=False)

    def _support(self, at: Array, target: GroundedObject) -> float:
        """m, height of the object's centre at rest at `at`, on its destination or the table."""
        half = float(target.size[2] / 2)
        place = self.purpose.place
        if place is None or not self._is_over_place(at):
            return half
        return half + (0.008 if place.shape == 'box' else gripper_geometry.top(place))

    def _is_over_place(self, at: Array) -> bool:
        """True when an object released at `at` ends in or on its destination."""
        place = self.purpose.place
        if place is None:
            return False
        offset = at[:2] - place.position[:2]
        c, s = np.cos(place.yaw), np.sin(place.yaw)
        local = np.abs([c * offset[0] + s * offset[1], c * offset[1] - s * offset[0]])
        share = 0.4 if self.purpose.verb == Verb.PUT_IN else 0.35  # of its size, from its middle
        bottom = at[2] - (self.purpose.target.size[2] / 2 if self.purpose.target else 0.0)
        highest = gripper_geometry.top(place) + (
            0.04 if self.purpose.verb == Verb.PUT_IN else 0.02
        )
        return bool(np.all(local <= share * place.size[:2]) and bottom <= highest)

    def _gripped(
        self, before: OutcomeMoment, now: OutcomeMoment, commanded: float, target: GroundedObject
    ) -> OutcomeMoment:
        """Grip the object when closing fingers enclose it; fingers must not descend onto it."""
        is_closing = commanded < CLOSE_AT and now.opening < before.opening
        width = gripper_geometry.width_between(target, now.yaw)
        if is_closing and gripper_geometry.is_between(
            now.tcp, now.yaw, max(now.opening, width), target
        ):
            if now.opening <= width:
                return replace(now, opening=width, is_holding=True)
            return now
        if is_closing and now.opening <= width and before.opening > width:
            self._add_fault('closes the gripper without an object')
        else:
            self._check_hit(before, now, target)
        return now

    def _check_hit(
        self, before: OutcomeMoment, now: OutcomeMoment, target: GroundedObject
    ) -> None:
        """Add a fault when a finger descends onto the object; one in contact may only leave it."""
        if not gripper_geometry.is_hit(now.tcp, now.yaw, now.opening, target):
            return
        is_sinking = now.tcp[2] < before.tcp[2] - SINKING
        if is_sinking or not gripper_geometry.is_hit(
            before.tcp, before.yaw, before.opening, target
        ):
            self._add_fault(f'descends onto the {target.label}')

    def _pressed(self, now: OutcomeMoment, target: GroundedObject) -> OutcomeMoment:
        """Mark the button pressed when the closed gripper is low enough above it."""
        is_over = np.hypot(*(now.tcp[:2] - target.position[:2])) <= target.size[0] / 2
        is_low = now.tcp[2] <= gripper_geometry.top(target) - PRESSED
        return replace(now, is_done=now.is_done or bool(is_over and is_low))

    def _left_alone(
        self, before: OutcomeMoment, now: OutcomeMoment, target: GroundedObject
    ) -> OutcomeMoment:
        """Add a fault when a retreating gripper descends onto the object."""
        is_sinking = now.tcp[2] < before.tcp[2] - SINKING
        if is_sinking and gripper_geometry.is_hit(now.tcp, now.yaw, now.opening, target):
            self._add_fault(f'descends onto the {target.label}')
        return now

    def _pushed(self, now: OutcomeMoment, target: GroundedObject) -> OutcomeMoment:
        """Move the object in front of the closed gripper."""
        direction = self.purpose.direction
        if direction is None or now.tcp[2] - gripper_geometry.TIP > gripper_geometry.top(target):
            return now
        offset = target.position[:2] - now.tcp[:2]
        along = float(offset @ direction)
        reach = gripper_geometry.half_along(target, direction) + gripper_geometry.FINGER
        aside = float(np.hypot(*(offset - along * direction)))
        if not (0.0 < along < reach and aside < reach):
            if gripper_geometry.is_hit(now.tcp, now.yaw, now.opening, target):
                self._add_fault(f'descends onto the {target.label}')
            return now
        return replace(now, target=target.position + np.r_[(reach - along) * direction, 0.0])
