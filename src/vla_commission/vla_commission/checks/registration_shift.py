"""Shift of the depth image against the colour image, by their edges."""

from __future__ import annotations

import numpy as np

from vla_core.frozen import Array

RANGE = 24  # px, largest shift that is searched
STEP, NOISE = 0.03, 0.008  # m, and per m of depth squared: an edge of depth, above its noise
LEAST = 200  # px of depth edges that are needed
CLEAR = 1.6  # correlation of the best shift, times that of none; truly shifted images have 2.2


def shift(rgb: np.ndarray, depth: np.ndarray) -> tuple[int, int] | None:
    """(x, y) px by which depth is shifted; (0, 0) unless another shift is clearly better; None
    with too few edges."""
    edges = _depth_edges(depth)
    if edges.sum() < LEAST:
        return None
    grey = rgb.astype(np.float64).mean(axis=2)
    steps = np.hypot(*np.gradient(grey))
    steps = np.minimum(steps, np.percentile(steps, 98))
    steps -= steps.mean()
    spectrum = np.fft.rfft2(edges.astype(np.float64)) * np.conj(np.fft.rfft2(steps))
    score = np.fft.irfft2(spectrum, edges.shape)  # score[y, x]: depth moved by x, y
    offsets = np.arange(-RANGE, RANGE + 1)
    window = score[np.ix_(offsets, offsets)]
    y, x = np.unravel_index(int(np.argmax(window)), window.shape)
    none = score[-1:2, -1:2].max() if score[-1:2, -1:2].size else score[0, 0]
    none = max(float(none), float(score[np.ix_([-1, 0, 1], [-1, 0, 1])].max()))
    if not window[y, x] > CLEAR * none:
        return 0, 0
    return int(offsets[x]), int(offsets[y])


def _depth_edges(depth: Array) -> np.ndarray:
    """True where depth jumps; holes are no edges."""
    z = np.where(np.isfinite(depth) & (depth > 0.0), depth, np.nan)
    step = STEP + NOISE * z * z
    with np.errstate(invalid='ignore'):
        across = np.abs(np.diff(z, axis=1, append=z[:, -1:])) > step
        down = np.abs(np.diff(z, axis=0, append=z[-1:])) > step
    return np.asarray(across | down)
