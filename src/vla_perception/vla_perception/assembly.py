"""Things made of several pieces: a button is a dome on a base, a drawer a handle on a housing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vla_perception.detection import Detection

GREYS = ('gray', 'black', 'white')
_BASE_HEIGHT = 0.045  # m, a button's base is lower
_HOUSING_HEIGHT = 0.05  # m, a drawer's housing is higher
_NEAR = 0.09  # m, how far in front of its housing's faces a handle may be (drawer open)


def assemble(found: list[Detection]) -> list[Detection]:
    """Return the things, with pieces that make up one thing put together."""
    greys = [d for d in found if d.colour in GREYS]
    bases = [d for d in greys if d.size[2] <= _BASE_HEIGHT and d.size[:2].max() <= 0.13]
    housings = [d for d in greys if d.size[2] > _HOUSING_HEIGHT and d.size[:2].max() >= 0.09]
    result = []
    used: set[int] = set()
    for thing in found:
        if thing.colour in GREYS:
            continue
        base = next((b for b in bases if _stands_on(thing, b)), None)
        housing = next((h for h in housings if _is_handle(thing, h)), None)
        if base is not None:
            used.add(id(base))
            result.append(_button(thing, base))
        elif housing is not None:
            result.append(replace(thing, shape='drawer'))
        else:
            result.append(_whole(thing))
    for grey in greys:
        if any(grey is h for h in housings):
            result.append(replace(grey, shape='housing'))
        elif id(grey) not in used:
            result.append(_whole(grey))
    return result


def _whole(thing: Detection) -> Detection:
    return replace(thing, shape='cube') if thing.shape == 'block' else thing


def _stands_on(thing: Detection, base: Detection) -> bool:
    offset = np.linalg.norm(thing.position[:2] - base.position[:2])
    is_inside = offset <= 0.5 * base.size[:2].max()
    return bool(is_inside and thing.size[:2].max() <= base.size[:2].max())


def _button(dome: Detection, base: Detection) -> Detection:
    """The dome, placed by its top, where a finger presses."""
    top = dome.position[2] + dome.size[2] / 2
    height = max(top - 0.5 * base.size[2], 0.005)
    return replace(
        dome,
        shape='button',
        position=np.r_[dome.position[:2], top],
        size=np.r_[dome.size[:2], height],
        yaw=0.0,
    )


def _is_handle(thing: Detection, housing: Detection) -> bool:
    """True for a bar beside a housing: long, thin, off the table, lower than its top."""
    long, thin = thing.size[:2].max(), thing.size[:2].min()
    lower = thing.position[2] - thing.size[2] / 2
    if not (long >= 1.8 * thin and thin <= 0.04 and lower > 0.008):
        return False
    c, s = np.cos(housing.yaw), np.sin(housing.yaw)
    delta = thing.position[:2] - housing.position[:2]
    local = np.abs([c * delta[0] + s * delta[1], c * delta[1] - s * delta[0]])
    return bool(np.all(local <= housing.size[:2] / 2 + _NEAR))
