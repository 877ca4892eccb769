"""Colour names from pixels, by hue where a pixel is saturated; robust against light changes."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from vla_perception.detection.order_statistics import median

# Upper ends of the hue ranges, degrees. Red goes around 360.
HUES: tuple[tuple[float, str], ...] = (
    (14.0, 'red'),
    (42.0, 'orange'),
    (70.0, 'yellow'),
    (163.0, 'green'),
    (200.0, 'cyan'),
    (257.0, 'blue'),
    (303.0, 'purple'),
    (342.0, 'pink'),
    (360.0, 'red'),
)
GREYS = ('black', 'gray', 'white')  # names without a hue
_BITS = 5  # per channel in the lookup table
_MIN_CHROMA = 28  # of 255; below it the hue of a pixel is unreliable
_MIN_SATURATION = 0.32


def hue_of(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return hue in degrees [0, 360), -1 for a pixel without colour; rgb (..., 3)."""
    step = 8 - _BITS
    code = (rgb >> step).astype(np.intp)
    return _table()[(code[..., 0] << 2 * _BITS) | (code[..., 1] << _BITS) | code[..., 2]]


@cache
def _table() -> NDArray[np.float32]:
    level = (np.arange(1 << _BITS) << (8 - _BITS)) + (1 << (7 - _BITS))
    rgb = np.stack(np.meshgrid(level, level, level, indexing='ij'), axis=-1).reshape(-1, 3)
    return _hue(rgb)


def _hue(rgb: NDArray[np.integer]) -> NDArray[np.float32]:
    r, g, b = rgb.astype(np.float32).T
    top = np.maximum(np.maximum(r, g), b)
    chroma = top - np.minimum(np.minimum(r, g), b)
    safe = np.maximum(chroma, 1.0)
    hue = np.where(
        top == r, (g - b) / safe, np.where(top == g, 2.0 + (b - r) / safe, 4.0 + (r - g) / safe)
    )
    has_colour = (chroma >= _MIN_CHROMA) & (chroma >= _MIN_SATURATION * top)
    return np.where(has_colour, (60.0 * hue) % 360.0, -1.0).astype(np.float32)


def name_colour(rgb: NDArray[np.uint8]) -> str:
    """Return the name of the dominant colour of pixels (n, 3)."""
    hue = _hue(rgb)
    coloured = hue[hue >= 0]
    if len(coloured) < 0.5 * len(hue):
        return _name_grey(rgb)
    angle = np.radians(coloured)
    mean = np.degrees(np.arctan2(np.sin(angle).mean(), np.cos(angle).mean())) % 360.0
    return next(name for end, name in HUES if mean <= end)


def _name_grey(rgb: NDArray[np.uint8]) -> str:
    brightness = median(rgb.max(axis=1))
    if brightness < 45.0:
        return 'black'
    return 'white' if brightness > 190.0 else 'gray'
