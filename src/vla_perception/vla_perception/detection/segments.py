"""Connected segments of the image: neighbouring pixels of similar depth and hue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ints = NDArray[np.intp]
_RIGHT, _LEFT, _DOWN, _UP = range(4)


@dataclass(frozen=True)
class Segment:
    """One segment: its pixels and the occluded share of its outline."""

    pixels: Ints  # (n,) flat indices
    hidden: float  # [0, 1] fraction of the outline next to something closer, robot or no depth
    hidden_below: float  # [0, 1] the same for the outline's lower side in the image


@dataclass(frozen=True)
class Joining:
    """When two neighbouring pixels belong to one segment."""

    depth_step: float  # m per m of depth
    hue_step: float  # degrees
    min_pixels: int


def find_segments(
    mask: NDArray[np.bool_],
    depth: NDArray[np.float32],
    hue: NDArray[np.float32],
    is_robot: NDArray[np.bool_],
    joining: Joining,
) -> list[Segment]:
    """Return the segments of `mask`; all images (H, W), depth m with NaN, hue degrees or -1."""
    pixels = np.flatnonzero(mask)
    if len(pixels) < joining.min_pixels:
        return []
    number = np.full(mask.size + 1, -1, np.intp)
    number[pixels] = np.arange(len(pixels))
    neighbours = _neighbours(pixels, mask.shape)
    pairs = []
    for side in (_RIGHT, _DOWN):
        other = neighbours[side]
        near = _agree(pixels, other, depth.ravel(), hue.ravel(), joining) & (number[other] >= 0)
        pairs.append((np.flatnonzero(near), number[other[near]]))
    row, col = (np.concatenate(part) for part in zip(*pairs, strict=True))
    graph = coo_array((np.ones(len(row), np.int8), (row, col)), shape=(len(pixels),) * 2)
    _, label = connected_components(graph, directed=False)
    cut, outline = _outline(pixels, neighbours, label, number, (depth.ravel(), is_robot.ravel()))
    return _collect(pixels, label, cut, outline, joining.min_pixels)


def _neighbours(pixels: Ints, shape: tuple[int, ...]) -> Ints:
    """(4, n) flat indices of right, left, down, up; mask.size outside the image."""
    height, width = shape
    row, col = np.divmod(pixels, width)
    outside = height * width
    return np.stack([
        np.where(col + 1 < width, pixels + 1, outside),
        np.where(col > 0, pixels - 1, outside),
        np.where(row + 1 < height, pixels + width, outside),
        np.where(row > 0, pixels - width, outside),
    ])  # fmt: skip


def _agree(a: Ints, b: Ints, depth: NDArray[np.float32], hue: NDArray[np.float32], j: Joining):
    """True where pixels a and b belong to one surface."""
    b = np.minimum(b, len(depth) - 1)
    is_close = np.abs(depth[a] - depth[b]) <= j.depth_step * depth[a]
    turn = np.abs(hue[a] - hue[b])
    is_alike = (np.minimum(turn, 360.0 - turn) <= j.hue_step) & (hue[a] >= 0) & (hue[b] >= 0)
    return is_close & (is_alike | ((hue[a] < 0) & (hue[b] < 0)))


def _outline(pixels: Ints, neighbours: Ints, label: Ints, number: Ints, images: tuple):
    """Return booleans (4, n): the side is occluded; the side is outline."""
    depth, is_robot = images
    outside = len(depth)
    inner = np.minimum(neighbours, outside - 1)
    theirs = number[neighbours]
    same = (theirs >= 0) & (label[np.maximum(theirs, 0)] == label[None, :])
    nearer = depth[inner] < depth[pixels][None, :] - 0.01
    hidden = nearer | is_robot[inner] | np.isnan(depth[inner]) | (neighbours == outside)
    # a segment that touches the upper edge stands on it or occludes it
    hidden[_UP] |= (theirs[_UP] >= 0) & (depth[inner[_UP]] < depth[pixels] + 0.02)
    return hidden & ~same, ~same


def _collect(pixels, label, cut, outline, min_pixels: int) -> list[Segment]:
    order = np.argsort(label, kind='stable')
    starts = np.flatnonzero(np.diff(label[order], prepend=-1))
    pieces = []
    for group in np.split(order, starts[1:]):
        if len(group) < min_pixels:
            continue
        edge = outline[:, group]
        hidden = cut[:, group]
        pieces.append(
            Segment(
                pixels=pixels[group],
                hidden=float(hidden.sum() / max(edge.sum(), 1)),
                hidden_below=float(hidden[_DOWN].sum() / max(edge[_DOWN].sum(), 1)),
            )
        )
    return pieces
