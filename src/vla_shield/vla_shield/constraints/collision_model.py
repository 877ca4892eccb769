"""Collision shapes of robot and scene: placements, Jacobians, distances of pairs."""

from __future__ import annotations

from typing import Any

import coal
import numpy as np
import pinocchio as pin

from vla_core.compiled import Indices
from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig
from vla_core.robot.model import collision_model, link_of
from vla_shield.constraints import jacobians
from vla_shield.params import ShieldParams

MAX_OBJECTS = 16  # objects in the scene at once
_FAR = np.array([0.0, 0.0, 50.0])  # m, where unused shapes are placed


class CollisionModel:
    """Shapes of arm, gripper, table, objects and a held object. q is (n,) rad; positions in the
    base frame."""

    def __init__(self, params: ShieldParams, robot: RobotConfig) -> None:
        self.n = len(robot.joints)
        self._robot = robot
        self.model, self.shapes = collision_model(robot, robot.gripper.closed_width)
        self._data = self.model.createData()
        self._tip = self.model.getFrameId(robot.arm.tip_frame)
        parents = np.array([*range(3, self.n + 1), self.n])
        self._is_moved = (np.arange(self.n) < parents[:, None]).astype(float)  # (p, n)
        # views into pinocchio's data: elbow and wrist joints and, last, the tip
        self._points = [self._data.oMi[j].translation for j in range(3, self.n + 1)]
        self._points.append(self._data.oMf[self._tip].translation)
        self._split_fingers()
        count = self.shapes.ngeoms
        self.table = self._add('table', coal.Halfspace(np.array([0.0, 0.0, 1.0]), 0.0), 0)
        self.slots = [
            self._add(f'object {k}', coal.Box(0.1, 0.1, 0.1), 0) for k in range(MAX_OBJECTS)
        ]
        self.held = self._add('held object', coal.Box(0.1, 0.1, 0.1), self.n)
        self._add_pairs(count, params)
        self._compute_lever_arms()
        self.set_width(robot.gripper.open_width)

    def _split_fingers(self) -> None:
        """Placement of each shape with the gripper open and closed; those that differ are
        fingers."""
        _, opened = collision_model(self._robot, self._robot.gripper.open_width)
        self._closed = [shape.placement.copy() for shape in self.shapes.geometryObjects]
        self._open = [shape.placement.copy() for shape in opened.geometryObjects]
        pairs = zip(self._closed, self._open, strict=True)
        self.fingers = [k for k, (a, b) in enumerate(pairs) if not a.isApprox(b, 1e-9)]
        frames, shapes = self.model.frames, self.shapes.geometryObjects
        # the link that the tip is fixed to
        palm = frames[frames[self._tip].parentFrame].parentFrame
        self.gripper = [
            k
            for k, s in enumerate(shapes)
            if k in self.fingers or self._is_fixed_to(s.parentFrame, palm)
        ]

    def _is_fixed_to(self, frame: int, root: int) -> bool:
        """True when a frame is `root` or fixed to it, directly or through others."""
        while frame != root:
            parent = self.model.frames[frame].parentFrame
            if parent == frame or self.model.frames[frame].type == pin.FrameType.JOINT:
                return False
            frame = parent
        return True

    def _add(self, name: str, geometry: Any, joint: int) -> int:
        placement = pin.SE3(np.eye(3), _FAR if name.startswith('object') else np.zeros(3))
        return int(
            self.shapes.addGeometryObject(pin.GeometryObject(name, joint, 0, placement, geometry))
        )

    def _add_pairs(self, count: int, params: ShieldParams) -> None:
        """Self-collision pairs come from the robot's model; add arm, gripper and held object to
        table and objects."""
        required = [params.self_clearance] * len(self.shapes.collisionPairs)
        shapes = self.shapes.geometryObjects
        for k in range(count):
            if shapes[k].parentJoint > 1:
                self.shapes.addCollisionPair(pin.CollisionPair(k, self.table))
                required.append(
                    params.gripper_clearance if k in self.fingers else params.clearance
                )
            if shapes[k].parentJoint > 0:
                for slot in self.slots:
                    self.shapes.addCollisionPair(pin.CollisionPair(k, slot))
                    required.append(
                        params.gripper_clearance if k in self.gripper else params.clearance
                    )
        for other in (self.table, *self.slots):
            self.shapes.addCollisionPair(pin.CollisionPair(self.held, other))
            required.append(params.held_clearance)
        pairs = self.shapes.collisionPairs
        self.first = np.array([pair.first for pair in pairs])
        self.second = np.array([pair.second for pair in pairs])
        self.required = np.array(required)  # (p,) m, clearance
        self.is_active = (self.second <= self.table) & (self.first != self.held)
        self.names = [
            f'{self._name(a)}-{self._name(b)}'
            for a, b in zip(self.first, self.second, strict=True)
        ]
        self._geometry_data = self.shapes.createData()

    def _name(self, shape: int) -> str:
        item = self.shapes.geometryObjects[int(shape)]
        return link_of(self.model, item) if shape < self.table else str(item.name)

    def _compute_lever_arms(self) -> None:
        """Upper bounds (p, n) m/rad of how fast each joint moves the shapes of a pair relative to
        each other."""
        joints = self.model.jointPlacements
        hops = np.array([np.linalg.norm(joints[k].translation) for k in range(1, self.n + 1)])
        self._shape_arms = np.zeros((self.shapes.ngeoms, self.n))
        self._joints = np.array([int(s.parentJoint) for s in self.shapes.geometryObjects])
        for k, shape in enumerate(self.shapes.geometryObjects):
            joint = int(shape.parentJoint)
            if joint == 0:
                continue
            own = _extent(shape, self._open[k] if k < len(self._open) else None)
            for j in range(joint):
                self._shape_arms[k, j] = hops[j + 1 : joint].sum() + own
        # (n,) m/rad, of the tip, which lies between the fingers
        self.tip_arms: Array = self._shape_arms[self.fingers].max(axis=0)
        self._update_lever_arms()

    def _update_lever_arms(self) -> None:
        a, b = self._shape_arms[self.first], self._shape_arms[self.second]
        below = np.minimum(self._joints[self.first], self._joints[self.second])[:, None]
        # a joint that moves both shapes of a pair does not change their distance
        is_between = np.arange(self.n)[None, :] >= below
        self.lever_arms = np.where(is_between, np.maximum(a, b), 0.0)

    def set_width(self, width: float) -> None:
        """Place the fingers `width` m apart."""
        self.width = width
        gripper = self._robot.gripper
        share = (width - gripper.closed_width) / (gripper.open_width - gripper.closed_width)
        share = float(np.clip(share, 0.0, 1.0))
        for k in self.fingers:
            a, b = self._closed[k], self._open[k]
            middle = (1.0 - share) * a.translation + share * b.translation
            self.shapes.geometryObjects[k].placement = pin.SE3(a.rotation, middle)

    def set_box(self, shape: int, size: Array, pose: Array | None) -> None:
        """Make `shape` a box of `size` (3,) m at `pose` (4, 4) in the frame of its parent joint;
        None moves it out of the scene."""
        item = self.shapes.geometryObjects[shape]
        item.geometry.halfSide = np.asarray(size) / 2.0
        item.geometry.computeLocalAABB()
        item.placement = pin.SE3(np.eye(3), _FAR) if pose is None else pin.SE3(np.asarray(pose))
        if shape == self.held:
            self._shape_arms[shape] = self._held_arms(size, pose)
            self._update_lever_arms()

    def _held_arms(self, size: Array, pose: Array | None) -> Array:
        if pose is None:
            return np.zeros(self.n)
        joints = self.model.jointPlacements
        hops = np.array([np.linalg.norm(joints[k].translation) for k in range(1, self.n + 1)])
        own = float(np.linalg.norm(pose[:3, 3]) + np.linalg.norm(size) / 2.0)
        return np.array([hops[j + 1 :].sum() + own for j in range(self.n)])

    def tip(self, q: Array) -> Array:
        """4x4 base_from_tip; also updates the placements of all joints."""
        pin.forwardKinematics(self.model, self._data, q)
        return np.asarray(pin.updateFramePlacement(self.model, self._data, self._tip).homogeneous)

    def current_tip(self) -> Array:
        """4x4 base_from_tip, after `point_jacobians` for the same q."""
        return np.asarray(self._data.oMf[self._tip].homogeneous)

    def last_link(self, q: Array) -> Array:
        """4x4 base_from_last_joint."""
        pin.forwardKinematics(self.model, self._data, q)
        return np.asarray(self._data.oMi[self.n].homogeneous)

    def distances(self, q: Array, pairs: Indices) -> Array:
        """Exact distances (len(pairs),) m of the pairs with these indices."""
        if not len(pairs):
            return np.zeros(0)
        pin.updateGeometryPlacements(self.model, self._data, self.shapes, self._geometry_data, q)
        shapes, data, compute = self.shapes, self._geometry_data, pin.computeDistance
        return np.array([compute(shapes, data, int(k)).min_distance for k in pairs])

    def distance_gradient(self, pair: int, spatial_jacobian: Array) -> Array:
        """Gradient (n,) m/rad of the distance of a pair, after `distances` for the same q and with
        its `spatial_jacobian`."""
        result = self._geometry_data.distanceResults[pair]
        return jacobians.distance_gradient(
            spatial_jacobian, result.getNearestPoint1(), result.getNearestPoint2(), result.normal,
            result.min_distance, self._joints[self.first[pair]], self._joints[self.second[pair]],
        )  # fmt: skip

    def spatial_jacobian(self, q: Array) -> Array:
        """Spatial Jacobian (6, n) at the base origin: linear, then angular."""
        return np.asarray(pin.computeJointJacobians(self.model, self._data, q)).copy()

    def point_jacobians(self, spatial_jacobian: Array) -> Array:
        """Jacobians (p, 3, n) m/rad of elbow and wrist joints and, last, of the tip, after
        `spatial_jacobian`."""
        pin.updateFramePlacement(self.model, self._data, self._tip)
        return jacobians.point_jacobians(spatial_jacobian, np.array(self._points), self._is_moved)


def _extent(shape: Any, other: Any) -> float:
    """Upper bound of the distance of any point of a shape from its joint, m."""
    shape.geometry.computeLocalAABB()
    offset = float(np.linalg.norm(shape.placement.translation))
    if other is not None:
        offset = max(offset, float(np.linalg.norm(other.translation)))
    return offset + float(shape.geometry.aabb_radius)
