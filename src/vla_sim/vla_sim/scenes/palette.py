"""Colours and shapes of the scene, and the pairs held out from training."""

from __future__ import annotations

import colorsys

import numpy as np

# hue in [0, 1), saturation, value; well separated in hue
HUES = {
    'red': (0.995, 0.88, 0.80),
    'orange': (0.068, 0.92, 0.95),
    'yellow': (0.145, 0.90, 0.95),
    'green': (0.370, 0.80, 0.62),
    'cyan': (0.505, 0.78, 0.85),
    'blue': (0.610, 0.85, 0.80),
    'purple': (0.775, 0.66, 0.66),
}
COLOURS = tuple(HUES)
SHAPES = ('cube', 'cylinder')  # of a target that is moved
Pair = tuple[str, str]  # colour, shape

# (colour, shape) that stay out of every training episode
HELD_OUT_PAIRS = (
    ('purple', 'cube'),
    ('cyan', 'cylinder'),
    ('orange', 'cube'),
    ('yellow', 'cylinder'),
)

# background: table tones (rgb) and floor tones, all of low saturation
TABLES = {
    'oak': (0.70, 0.58, 0.45),
    'beech': (0.78, 0.70, 0.60),
    'walnut': (0.46, 0.37, 0.30),
    'ash': (0.66, 0.66, 0.64),
    'slate': (0.40, 0.42, 0.45),
    'linen': (0.80, 0.79, 0.76),
}
FLOORS = ((0.55, 0.58, 0.62), (0.62, 0.60, 0.57), (0.48, 0.50, 0.52), (0.70, 0.71, 0.73))


def rgba(colour: str, rng: np.random.Generator | None = None) -> tuple[float, float, float, float]:
    """Return the colour as rgba; `rng` varies it within its hue range."""
    hue, saturation, value = HUES[colour]
    if rng is not None:
        hue += rng.uniform(-0.008, 0.008)
        saturation += rng.uniform(-0.06, 0.06)
        value += rng.uniform(-0.06, 0.05)
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, min(saturation, 1.0), min(value, 1.0))
    return red, green, blue, 1.0


def is_held_out(colour: str, shape: str) -> bool:
    """True for a pair held out from training."""
    return (colour, shape) in HELD_OUT_PAIRS


def wood(rng: np.random.Generator, size: int = 128) -> np.ndarray:
    """Return a grain (size, size, 3) uint8 to multiply the table's tone with."""
    x, y = np.meshgrid(np.linspace(0.0, 1.0, size), np.linspace(0.0, 1.0, size))
    bend = 0.03 * np.sin(2 * np.pi * (x * 1.0 + rng.random())) + 0.012 * np.sin(
        2 * np.pi * (3 * x + rng.random())
    )
    planks = np.floor(y * 4.0)
    tone = np.array(rng.uniform(-0.02, 0.02, 5))[planks.astype(int)]
    rings = np.sin(2 * np.pi * (y + bend) * 22.0 + 5.0 * tone * 30.0)
    fibre = np.repeat(rng.normal(0.0, 0.012, (size, size // 16)), 16, axis=1)
    grain = 0.95 + 0.022 * rings + tone + fibre
    grain[np.abs(y * 4.0 - np.round(y * 4.0)) < 0.012] *= 0.88
    return (np.clip(grain, 0.0, 1.0)[..., None] * np.full(3, 255.0)).astype(np.uint8)
