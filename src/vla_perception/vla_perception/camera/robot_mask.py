"""Robot mask: points inside the padded collision shapes at the measured joints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vla_core.compiled import FLOATS, MATRIX, TENSOR, VECTOR, compiled
from vla_core.records.sensing import JointState
from vla_core.robot.config import RobotConfig
from vla_core.robot.description.mesh import oriented_box
from vla_core.robot.finger_path import FingerPath
from vla_core.robot.model import RobotModel

Points = NDArray[np.floating]


@dataclass(frozen=True)
class Pose:
    """Pose of the robot from its joint states."""

    joints: Points  # (n,) rad
    base_from_tcp: Points  # (4, 4) m
    opening: float  # m, between the fingers


class RobotBody:
    """The robot's shapes as rounded boxes: capsule, sphere and box are a box plus a radius."""

    def __init__(self, config: RobotConfig) -> None:
        self.config = config
        gripper = config.gripper
        self._model = RobotModel(config, gripper.open_width)
        self._fingers = FingerPath(config, gripper)
        frames = self._model.pin_model.frames
        shapes = self._model.collision_model.geometryObjects
        self._links = tuple(str(frames[shape.parentFrame].name) for shape in shapes)
        boxes = [_rounded_box(shape.geometry) for shape in shapes]
        self._link_from_shape = np.array(
            [
                (frames[shape.parentFrame].placement.inverse() * shape.placement).homogeneous @ box
                for shape, (box, _, _) in zip(shapes, boxes, strict=True)
            ]
        )  # (s, 4, 4)
        self._joint_from_link = [
            frames[shapes[k].parentFrame].placement for k in self._fingers.shapes
        ]
        self._boxes = [boxes[k][0] for k in self._fingers.shapes]
        self._half = np.array([half for _, half, _ in boxes])  # (s, 3) m
        self._radius = np.array([radius for _, _, radius in boxes])  # (s,) m

    def pose(self, state: JointState) -> Pose:
        """Return joints, TCP pose and opening; KeyError names missing joints."""
        joints, _ = state.select(self.config.joint_names)
        finger, _ = state.select((self.config.gripper.joint,))
        return Pose(joints, self._model.fk(joints), self.config.gripper.opening(float(finger[0])))

    def covers(self, points: Points, pose: Pose, margin: float) -> NDArray[np.bool_]:
        """(n,) True for points (n, 3) in the base frame closer than `margin` m to a shape."""
        placed = self._placements(pose)
        return covered(np.asarray(points, np.float32), placed, self._half, self._radius + margin)

    def _placements(self, pose: Pose) -> Points:
        """(s, 4, 4) base_from_shape at the pose's opening."""
        placed = self._link_from_shape.copy()
        moved = zip(
            self._fingers.shapes, self._joint_from_link, self._fingers.at(pose.opening),
            self._boxes, strict=True,
        )  # fmt: skip
        for k, joint_from_link, joint_from_shape, box in moved:
            placed[k] = (joint_from_link.inverse() * joint_from_shape).homogeneous @ box
        return np.asarray(self._model.frames(pose.joints, self._links) @ placed)


@compiled(FLOATS, TENSOR, MATRIX, VECTOR)
def covered(points: Points, placed: Points, half: Points, radius: Points) -> NDArray[np.bool_]:
    """(n,) True for points (n, 3) in a rounded box: base_from_box (s, 4, 4), half extents (s, 3)
    and radius (s,) in m."""
    found = np.zeros(len(points), np.bool_)
    reach = np.sqrt((half * half).sum(axis=1)) + radius
    for k in range(len(points)):
        for s in range(len(placed)):
            x = points[k, 0] - placed[s, 0, 3]
            y = points[k, 1] - placed[s, 1, 3]
            z = points[k, 2] - placed[s, 2, 3]
            if x * x + y * y + z * z > reach[s] ** 2:
                continue
            out = 0.0
            for i in range(3):
                along = x * placed[s, 0, i] + y * placed[s, 1, i] + z * placed[s, 2, i]
                out += max(abs(along) - half[s, i], 0.0) ** 2
            if out <= radius[s] ** 2:
                found[k] = True
                break
    return found


def _rounded_box(shape: Any) -> tuple[Points, Points, float]:
    """Return (shape_from_box 4x4, half extents, radius) in m of a coal shape; of a convex hull
    the box around it."""
    if hasattr(shape, 'halfSide'):
        return np.eye(4), np.array(shape.halfSide, dtype=np.float64), 0.0
    if hasattr(shape, 'halfLength'):
        return np.eye(4), np.array([0.0, 0.0, shape.halfLength]), float(shape.radius)
    if hasattr(shape, 'radius'):
        return np.eye(4), np.zeros(3), float(shape.radius)
    if hasattr(shape, 'num_points'):
        box, half = oriented_box(np.array([shape.point(k) for k in range(shape.num_points)]))
        return box, half, float(shape.getSweptSphereRadius())
    raise TypeError(
        f'unsupported collision shape {type(shape).__name__}; '
        f'known: capsule, sphere, box, convex hull'
    )
