"""Interface of a detector: the objects of one prepared frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vla_core.records.scene import ParsedTask
from vla_perception.camera.pinhole import CameraView

Points = NDArray[np.floating]


@dataclass(frozen=True)
class KnownObject:
    """A tracked object; it separates touching objects of one colour."""

    shape: str
    colour: str
    position: Points  # (3,) m, centre, base frame
    yaw: float  # rad
    size: Points  # (3,) m


@dataclass(frozen=True)
class PreparedFrame:
    """One preprocessed frame, input of every detector."""

    view: CameraView
    rgb: NDArray[np.uint8]  # (H, W, 3)
    depth: NDArray[np.float32]  # (H, W) m, NaN where there is none
    height: NDArray[np.float32]  # (H, W) m above the table, NaN where there is no depth
    is_robot: NDArray[np.bool_]  # (H, W)
    is_object: NDArray[np.bool_]  # (H, W) above the table, inside the workspace, not the robot
    known: tuple[KnownObject, ...] = ()


@dataclass(frozen=True)
class Detection:
    """One object in one frame; upright bounding box in the base frame, z above the table."""

    shape: str  # cube, cylinder, ball, box, button, drawer, and its housing and front
    colour: str
    position: Points  # (3,) m, centre of the box; of a button the top of its dome
    yaw: float  # rad
    size: Points  # (3,) m along its own axes
    box: tuple[float, float, float, float]  # x0 y0 x1 y1 px
    hidden: float = 0.0  # [0, 1] share of its outline that something closer occludes
    points: Points = field(default_factory=lambda: np.zeros((0, 3)))  # (n, 3) m, its surface
    pixels: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))  # flat indices
    confidence: float = 1.0  # [0, 1] that the shape is right
    is_inferred: bool = False  # not visible; derived from a visible part

    @property
    def label(self) -> str:
        return label_of(self.colour, self.shape)


class ObjectDetector(Protocol):
    """Finds objects; an open-vocabulary detector uses the phrases of the task."""

    def detect(self, prepared: PreparedFrame, task: ParsedTask) -> list[Detection]: ...


def label_of(colour: str, shape: str) -> str:
    """Return the label of an object, such as 'red cube'."""
    if shape in ('housing', 'front'):
        return f'drawer {shape}'
    if shape == 'drawer':
        return 'drawer'
    return f'{colour} {shape}'.strip()
