"""Pick-and-place experts: put an object in a box or on another; stateless."""

from __future__ import annotations

import numpy as np

from vla_core.frozen import Array
from vla_core.records.scene import GroundedObject, Verb
from vla_policy.experts.approach import OPEN, Aim, Site, approach, retreat, travel_height
from vla_policy.objects.situation import ObjectState, top, widest

SQUARE = np.pi / 2  # rad, rotational symmetry of a cuboid
LOWEST = 0.016  # m, of the tcp in a grasp: the finger tips are 8 mm below it
DROP = 0.006  # m, gap below an object at its release
SINK = 0.02  # m, depth of an object in a box at its release
OVER_BOX = 0.02  # m, lateral tolerance above a box
OVER_THING = 0.006  # m, above an object to stack on


def pick_and_place(s: ObjectState) -> Aim:
    """Return the next aim to bring the target to the destination."""
    if s.target is None:
        return retreat(s, OPEN, 'look')
    if s.destination is not None and not s.is_holding and is_placed(s, s.target, s.destination):
        return retreat(s, OPEN, 'retreat')
    if s.is_holding and s.destination is not None:
        return carry(s, s.target, s.destination)
    return grasp(s, s.target)


def grasp(s: ObjectState, obj: GroundedObject) -> Aim:
    """Return the aim that ends with the fingers closed around the object."""
    height = float(max(obj.position[2], LOWEST))
    place = Site(obj.position[:2], height, grasp_yaw(s, obj))
    aim = approach(s, place, OPEN, f'reach the {obj.label}')
    if aim.has_arrived:
        return Aim(place.at(), place.yaw, 0.0, 0.05, f'grasp the {obj.label}', True)
    return aim


def grasp_yaw(s: ObjectState, obj: GroundedObject) -> float:
    """rad, the tool's yaw with the fingers across the object; the least turn, pulled to 0."""
    base = obj.yaw if obj.shape != 'cylinder' else s.yaw
    wide = obj.size[1] > obj.size[0] + 0.012  # fingers close along y of the tool
    base = base + (SQUARE if wide else 0.0)
    turns = SQUARE * np.arange(-4, 5)
    if max(obj.size[:2]) - min(obj.size[:2]) > 0.012:
        turns = turns[::2]
    options = base + turns
    cost = np.abs(options - s.yaw) + 0.3 * np.abs(options)
    return float(options[np.argmin(cost)])


def carry(s: ObjectState, obj: GroundedObject, destination: GroundedObject) -> Aim:
    """Return the aim that ends with the release of the object above the destination."""
    is_box = s.verb == Verb.PUT_IN
    below = s.tcp[2] - (obj.position[2] - obj.size[2] / 2)  # m, tcp above the object's bottom
    gap = -SINK if is_box else DROP
    place = Site(
        xy=destination.position[:2] + s.tcp[:2] - obj.position[:2],
        height=top(destination) + gap + float(np.clip(below, 0.0, 0.08)),
        yaw=s.yaw,
        travel=travel_height(s, float(np.clip(below, 0.0, 0.08))),
        tolerance=OVER_BOX if is_box else OVER_THING,
    )
    aim = approach(s, place, 0.0, f'carry the {obj.label} to the {destination.label}')
    if aim.has_arrived:
        return Aim(place.at(), s.yaw, OPEN, 0.05, f'release the {obj.label}', True)
    return aim


def is_placed(s: ObjectState, obj: GroundedObject, destination: GroundedObject) -> bool:
    """True when the object is at the destination, held or not."""
    offset = turned(obj.position[:2] - destination.position[:2], -destination.yaw)
    if s.verb == Verb.PUT_IN:
        is_over = np.all(np.abs(offset) <= destination.size[:2] / 2)
        return bool(is_over and obj.position[2] <= top(destination) + obj.size[2] / 2)
    rise = obj.position[2] - obj.size[2] / 2 - top(destination)
    return bool(np.hypot(*offset) <= 0.6 * widest(destination) and abs(rise) <= 0.02)


def turned(vector: Array, angle: float) -> Array:
    """Return the (2,) vector turned by `angle` rad."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([c * vector[0] - s * vector[1], s * vector[0] + c * vector[1]])
