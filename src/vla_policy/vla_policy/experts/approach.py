"""Where an expert wants the tool, and the funnel through which it comes down on a thing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core.frozen import Array
from vla_policy.objects.situation import ObjectState, top

OPEN = 0.08  # m
FREE = 0.20  # m/s, high above everything; the shield lets 0.25 through
SLOW = 0.06  # m/s, close to a thing
LOWEST_TRAVEL = 0.14  # m, of the tcp
HIGHEST_TRAVEL = 0.32  # m
CLEARANCE = 0.045  # m, of the lowest part above what it passes
FUNNEL = 0.035  # m, sideways over which the funnel rises to the travel height
LOOSE = 0.010  # m, more tolerance at the bottom of the funnel
YAW_ARM = 0.06  # m/rad, a yaw error counts as this much sideways


@dataclass(frozen=True)
class Aim:
    """What an expert wants now."""

    position: Array  # (3,) m, base_link, of the tcp
    yaw: float  # rad
    opening: float  # m
    speed: float  # m/s
    step: str  # for people: what this is for
    has_arrived: bool = False


@dataclass(frozen=True)
class Site:
    """A pose to come down on."""

    xy: Array  # (2,) m
    height: float  # m, of the tcp at the end
    yaw: float  # rad
    travel: float = 0.0  # m, of the tcp on the way; 0: by what stands around
    tolerance: float = 0.008  # m, sideways

    def at(self) -> Array:
        """(3,) m."""
        return np.array([self.xy[0], self.xy[1], self.height])


def travel_height(s: ObjectState, below: float = 0.008) -> float:
    """m, of a tcp whose lowest part hangs `below` m under it and clears everything."""
    held = s.target if s.is_holding else None
    things = [s.target, s.destination, *s.others]
    highest = max((top(thing) for thing in things if thing and thing is not held), default=0.0)
    return float(np.clip(highest + CLEARANCE + below, LOWEST_TRAVEL, HIGHEST_TRAVEL))


def approach(s: ObjectState, place: Site, opening: float, step: str) -> Aim:
    """Return the aim on the way to `place`: up, over, down; every part fades into the next."""
    travel = place.travel or travel_height(s)
    miss = place.xy - s.tcp[:2]
    turn = place.yaw - s.yaw
    above = s.tcp[2] - place.height
    away = float(np.hypot(np.hypot(*miss), YAW_ARM * turn))
    tolerance = place.tolerance + LOOSE * float(np.clip(1.0 - above / 0.03, 0.0, 1.0))
    rise = float(np.clip((away - tolerance) / FUNNEL, 0.0, 1.0)) * (travel - place.height)
    lacking = rise - above  # m, below the funnel by this much
    freedom = float(np.clip(1.0 - (lacking - 0.01) / 0.04, 0.0, 1.0))
    xy = s.tcp[:2] + freedom * miss
    speed = float(np.clip(SLOW + 2.0 * (abs(above) - 0.015), SLOW, FREE))
    arrived = bool(away <= tolerance + 0.002 and abs(above) <= 0.008)
    return Aim(np.r_[xy, place.height + rise], place.yaw, opening, speed, step, arrived)


def retreat(s: ObjectState, opening: float, step: str) -> Aim:
    """Return the aim straight up, well above everything."""
    height = max(travel_height(s) + 0.06, float(s.tcp[2]))
    return Aim(np.r_[s.tcp[:2], height], s.yaw, opening, FREE / 2, step, True)
