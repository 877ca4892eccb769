"""Objects of several parts: a button is a dome on a base, a drawer a handle on a housing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vla_perception.detection.colour import GREYS
from vla_perception.detection.container import is_wall_or_floor
from vla_perception.detection.drawer import (
    bar_of,
    front_of,
    housing_of,
    implied_bar,
    is_bar,
    is_housing,
    is_off_table,
    is_part,
    moved_bar,
    reach,
)
from vla_perception.detection.order_statistics import quantile
from vla_perception.detection.protocol import Detection, KnownObject

_BASE_HEIGHT = 0.045  # m, a button's base is lower
_BASE_WIDTH = 0.13  # m, and narrower
_SLIVER = 0.010  # m; something thinner is a partly visible edge


def assemble(found: list[Detection], known: tuple[KnownObject, ...] = ()) -> list[Detection]:
    """Return the objects, with the parts of one object merged."""
    greys = [detection for detection in found if detection.colour in GREYS]
    coloured = [detection for detection in found if detection.colour not in GREYS]
    drawers, greys, coloured = _drawers(greys, coloured, known)
    boxes = [detection for detection in coloured if detection.shape == 'box']
    coloured = [t for t in coloured if not any(_is_part_of_box(t, box) for box in boxes)]
    bases = [d for d in greys if d.size[2] <= _BASE_HEIGHT and d.size[:2].max() <= _BASE_WIDTH]
    result = drawers
    for detection in coloured:
        base = next((b for b in bases if _stands_on(detection, b)), None)
        if base is None:
            result.append(detection)
        else:
            greys = [grey for grey in greys if grey is not base]
            result.append(_button(detection, base))
    return [
        _named(detection)
        for detection in result + greys
        if not (_is_sliver(detection) or _is_flat(detection))
    ]


def _drawers(
    greys: list[Detection], coloured: list[Detection], known: tuple[KnownObject, ...]
) -> tuple[list[Detection], list[Detection], list[Detection]]:
    """Return the drawer with its housing, and the remaining greys and coloured."""
    housings = [grey for grey in greys if is_housing(grey)]
    if not housings:
        return [], greys, coloured
    main = housing_of(housings)
    memory = {detection.shape: detection for detection in known}
    old = memory.get('drawer')
    ends = [detection for detection in coloured if is_off_table(detection, main)]
    bars = [detection for detection in ends if is_bar(detection)]
    bar = bar_of(max(bars, key=lambda b: len(b.pixels))) if bars else None
    if bar is None and old is not None:
        far = reach(old, main)
        ends = [end for end in ends if end.colour == old.colour and is_part(end, main, far)]
        bar = moved_bar(old, ends, main) if ends else None
    tip = bar.position if bar else (reach(old, main) if old else None)
    top = main.pixels
    parts = [grey for grey in greys if grey.pixels is not top and is_part(grey, main, tip)]
    housing = [main]
    if parts and (front := front_of(parts, main)):
        housing.append(front)
    before = [memory[name] for name in ('housing', 'front') if name in memory]
    if bar is None and old is not None and before:
        bar = implied_bar(old, before, housing)
    used = {id(grey) for grey in greys if grey.pixels is top or any(grey is p for p in parts)}
    if bar is not None:
        at = bar.position
        used |= {id(e) for e in ends if e.colour == bar.colour and is_part(e, main, at)}
    rest = [[p for p in pieces if id(p) not in used] for pieces in (greys, coloured)]
    return housing + ([bar] if bar else []), rest[0], rest[1]


def _named(detection: Detection) -> Detection:
    return replace(detection, shape='cube') if detection.shape == 'block' else detection


def _is_sliver(detection: Detection) -> bool:
    is_thin = detection.shape in ('drawer', 'front')  # the bar, and a drawer that begins to open
    return bool(detection.size[:2].min() < _SLIVER and not is_thin)


def _is_flat(detection: Detection) -> bool:
    """True for something without height over its support: a print or a partly visible edge."""
    return bool(detection.size[2] < _SLIVER and detection.shape not in ('drawer', 'button'))


def _is_part_of_box(detection: Detection, box: Detection) -> bool:
    if detection is box or detection.colour != box.colour:
        return False
    return is_wall_or_floor(detection.points, box.position, box.yaw, box.size)


def _stands_on(detection: Detection, base: Detection) -> bool:
    offset = np.linalg.norm(detection.position[:2] - base.position[:2])
    is_inside = offset <= 0.35 * base.size[:2].max()
    return bool(is_inside and detection.size[:2].max() <= base.size[:2].max())


def _button(dome: Detection, base: Detection) -> Detection:
    """The dome; its position is its top, where a finger presses."""
    top = quantile(dome.points[:, 2], 0.97)
    height = max(top - base.position[2] - base.size[2] / 2, 0.005)
    return replace(
        dome,
        shape='button',
        position=np.r_[dome.position[:2], top],
        size=np.r_[dome.size[:2], height],
        yaw=0.0,
        confidence=1.0,
    )
