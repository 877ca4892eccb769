"""Blends overlapping chunks into one motion: the newest ramps in over a window, starting from the
motion being executed.

Why not an exponential average over all chunks (ACT): it lags behind the newest observation by
construction, and a chunk that leaves or enters the average is a step. Here only the newest counts
once its window is over, the weight rises smoothly (no step in position or velocity), and whatever
it replaces keeps running underneath by the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pinocchio as pin

from vla_control.chunks.trajectory import ChunkTrajectory
from vla_control.rotation_vectors import nearest_equivalent, rotation_between
from vla_core import geometry
from vla_core.frozen import Array


@dataclass
class Layer:
    """A trajectory and when it was added; all times are executed time in s (timeline.Progress)."""

    trajectory: ChunkTrajectory
    zero: float  # of its row 0
    step: float  # between rows
    begin: float  # of its ramp
    window: float = 0.0  # length of its ramp, set when it is pushed
    # rad, last rotation vector from the layers below; keeps its branch
    rotation: Array = field(default_factory=lambda: np.zeros(3))

    def at(self, executed: float) -> Array:
        return self.trajectory.at((executed - self.zero) / self.step)


class ConstantTrajectory:
    """The command at the moment the first chunk arrived."""

    def __init__(self, value: Array) -> None:
        self.is_pose = value.ndim == 2
        self._value = np.array(value)

    def at(self, row: float) -> Array:
        return self._value


class Blend:
    """The stack of trajectories being executed, oldest first.

    `window(old, new)` returns the length of a ramp in s from the value that is left to the new
    one.
    """

    def __init__(self, window: Callable[[Array, Array], float]) -> None:
        self._window = window
        self._layers: list[Layer] = []

    @property
    def is_empty(self) -> bool:
        return not self._layers

    def clear(self) -> None:
        self._layers.clear()

    def push(self, layer: Layer, current: Array) -> None:
        """Ramp in `layer`; `current` is the command in the same space, the start of the ramp when
        nothing is being executed.
        """
        if self._layers and self._layers[-1].trajectory.is_pose != layer.trajectory.is_pose:
            self._layers.clear()
        if not self._layers:
            self._layers.append(Layer(ConstantTrajectory(current), layer.begin, 1.0, -np.inf))
        layer.window = self._window(self._mixed(layer.begin), layer.at(layer.begin))
        self._layers.append(layer)

    def at(self, executed: float) -> Array:
        """Return the reference, (4, 4) pose or (n,) rad; times must not decrease."""
        self._drop(executed)
        return self._mixed(executed)

    def _mixed(self, executed: float) -> Array:
        value = self._layers[0].at(executed)
        for layer in self._layers[1:]:
            value = mix(value, layer, executed, weight(layer, executed))
        return value

    def _drop(self, executed: float) -> None:
        done = [k for k, layer in enumerate(self._layers) if weight(layer, executed) >= 1.0]
        if done:
            del self._layers[: done[-1]]


def weight(layer: Layer, executed: float) -> float:
    """Return the weight of a layer in [0, 1]: a smooth step over its window."""
    if executed >= layer.begin + layer.window:
        return 1.0
    s = max((executed - layer.begin) / layer.window, 0.0)
    return s * s * (3.0 - 2.0 * s)


def mix(below: Array, layer: Layer, executed: float, share: float) -> Array:
    """Interpolate from `below` to the layer by `share`: linear in position, about one axis in
    rotation.
    """
    above = layer.at(executed)
    if below.ndim == 1:
        return (1.0 - share) * below + share * above
    rotation = rotation_between(below[:3, :3], above[:3, :3])
    layer.rotation = nearest_equivalent(rotation, layer.rotation)
    position = (1.0 - share) * below[:3, 3] + share * above[:3, 3]
    return geometry.pose_of(pin.exp3(share * layer.rotation) @ below[:3, :3], position)
