"""Overlapping chunks become one motion: the newest ramps in over a window, from the motion being
executed.

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

from vla_control.chunks.trajectory import ChunkTrajectory, closest_turn, turn_from
from vla_core import geometry
from vla_core.frozen import Array


@dataclass
class Layer:
    """A track and when it came in; all times are executed time in s (timeline.Progress)."""

    track: ChunkTrajectory
    zero: float  # of its row 0
    step: float  # between rows
    begin: float  # of its ramp
    window: float = 0.0  # length of its ramp, set when it is pushed
    # rad, last rotation from below; keeps its branch
    turn: Array = field(default_factory=lambda: np.zeros(3))

    def at(self, played: float) -> Array:
        return self.track.at((played - self.zero) / self.step)


class ConstantTrajectory:
    """A track that stands where the arm was when the first chunk came."""

    def __init__(self, value: Array) -> None:
        self.is_pose = value.ndim == 2
        self._value = np.array(value)

    def at(self, row: float) -> Array:
        return self._value


class Blend:
    """The stack of tracks that are being executed, oldest first.

    `window` gives the length of a ramp in s from the value that is left and the one that is new.
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
        """Let `layer` ramp in; `current` is the commanded value of its kind, used when there is
        nothing to leave.
        """
        if self._layers and self._layers[-1].track.is_pose != layer.track.is_pose:
            self._layers.clear()
        if not self._layers:
            self._layers.append(Layer(ConstantTrajectory(current), layer.begin, 1.0, -np.inf))
        layer.window = self._window(self._mixed(layer.begin), layer.at(layer.begin))
        self._layers.append(layer)

    def at(self, played: float) -> Array:
        """The reference now: (4, 4) pose or (n,) rad; call in the order of time."""
        self._drop(played)
        return self._mixed(played)

    def _mixed(self, played: float) -> Array:
        value = self._layers[0].at(played)
        for layer in self._layers[1:]:
            value = mix(value, layer, played, weight(layer, played))
        return value

    def _drop(self, played: float) -> None:
        done = [k for k, layer in enumerate(self._layers) if weight(layer, played) >= 1.0]
        if done:
            del self._layers[: done[-1]]


def weight(layer: Layer, played: float) -> float:
    """Share of a layer: smooth step over its window."""
    if played >= layer.begin + layer.window:
        return 1.0
    s = max((played - layer.begin) / layer.window, 0.0)
    return s * s * (3.0 - 2.0 * s)


def mix(below: Array, layer: Layer, played: float, share: float) -> Array:
    """`share` of the way from `below` to the layer: straight in position, about one axis in
    rotation.
    """
    above = layer.at(played)
    if below.ndim == 1:
        return (1.0 - share) * below + share * above
    layer.turn = closest_turn(turn_from(below[:3, :3], above[:3, :3]), layer.turn)
    position = (1.0 - share) * below[:3, 3] + share * above[:3, 3]
    return geometry.pose_of(pin.exp3(share * layer.turn) @ below[:3, :3], position)
