"""The tool reference of an expert, and the funnel-shaped approach to an object."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core.frozen import Array
from vla_policy.objects.situation import ObjectState, top

OPEN = 0.08  # m
FREE = 0.20  # m/s, in free space; the shield allows 0.25
SLOW = 0.06  # m/s, close to an object
LOWEST_TRAVEL = 0.14  # m, of the tcp
HIGHEST_TRAVEL = 0.32  # m
CLEARANCE = 0.045  # m, lowest part of tool or load above obstacles
FUNNEL = 0.035  # m, lateral offset over which the funnel rises to travel height
LOOSE = 0.010  # m, extra tolerance at the bottom of the funnel
YAW_ARM = 0.06  # m/rad, lateral equivalent of a yaw error


@dataclass(frozen=True)
class Aim:
    """Reference of an expert for the tool."""

    position: Array  # (3,) m, base frame, of the tcp
    yaw: float  # rad
    opening: float  # m
    speed: float  # m/s
    step: str  # plan step, text
    has_arrived: bool = False


@dataclass(frozen=True)
class Site:
    """A pose approached from above."""

    xy: Array  # (2,) m
    height: float  # m, of the tcp at the end
    yaw: float  # rad
    travel: float = 0.0  # m, height of the tcp in transit; 0: computed from the objects
    tolerance: float = 0.008  # m, lateral

    def at(self) -> Array:
        """(3,) m."""
        return np.array([self.xy[0], self.xy[1], self.height])


def travel_height(s: ObjectState, below: float = 0.008) -> float:
    """m, tcp height at which a load that extends `below` m under it clears all objects."""
    held = s.target if s.is_holding else None
    objects = [s.target, s.destination, *s.others]
    highest = max((top(obj) for obj in objects if obj and obj is not held), default=0.0)
    return float(np.clip(highest + CLEARANCE + below, LOWEST_TRAVEL, HIGHEST_TRAVEL))


def approach(s: ObjectState, place: Site, opening: float, step: str) -> Aim:
    """Return the aim of the approach to `place`: up, across, down, blended."""
    travel = place.travel or travel_height(s)
    miss = place.xy - s.tcp[:2]
    turn = place.yaw - s.yaw
    above = s.tcp[2] - place.height
    away = float(np.hypot(np.hypot(*miss), YAW_ARM * turn))
    tolerance = place.tolerance + LOOSE * float(np.clip(1.0 - above / 0.03, 0.0, 1.0))
    rise = float(np.clip((away - tolerance) / FUNNEL, 0.0, 1.0)) * (travel - place.height)
    lacking = rise - above  # m, depth below the funnel
    freedom = float(np.clip(1.0 - (lacking - 0.01) / 0.04, 0.0, 1.0))
    xy = s.tcp[:2] + freedom * miss
    speed = float(np.clip(SLOW + 2.0 * (abs(above) - 0.015), SLOW, FREE))
    arrived = bool(away <= tolerance + 0.002 and abs(above) <= 0.008)
    return Aim(np.r_[xy, place.height + rise], place.yaw, opening, speed, step, arrived)


def retreat(s: ObjectState, opening: float, step: str) -> Aim:
    """Return the aim straight up, above all objects."""
    height = max(travel_height(s) + 0.06, float(s.tcp[2]))
    return Aim(np.r_[s.tcp[:2], height], s.yaw, opening, FREE / 2, step, True)
