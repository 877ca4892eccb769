"""Collision shapes of robot and scene: placements, Jacobians, distances of pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pinocchio as pin

from vla_core.compiled import Flags, Indices
from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig
from vla_core.robot.finger_path import FingerPath
from vla_core.robot.model import collision_model
from vla_shield.constraints import jacobians
from vla_shield.constraints.collision_pairs import CollisionPairs, add_shapes
from vla_shield.constraints.kinematic_tree import KinematicTree
from vla_shield.constraints.tool_point import ToolPoint
from vla_shield.params import ShieldParams

WIDTH_CHANGE = 5e-4  # m, a smaller change of an opening leaves the model as it is
FAR = np.array([0.0, 0.0, 50.0])  # m, where unused shapes are placed


class CollisionModel:
    """Shapes of arms, grippers, table, static obstacles, objects, and an object held by each arm.
    q is (n,) rad; positions in the base frame."""

    def __init__(self, params: ShieldParams, robot: RobotConfig) -> None:
        closed = {gripper.name: gripper.closed_width for gripper in robot.grippers}
        self.model, self.shapes = collision_model(robot, closed)
        self.tree = KinematicTree(robot, self.model)
        self.n = self.tree.n
        self._paths = [FingerPath(robot, gripper) for gripper in robot.grippers]
        self._data = self.model.createData()
        added = add_shapes(self.shapes, robot, self.tree)
        self.table, self.slots, self.held = added.table, added.slots, added.held
        pairs = CollisionPairs(
            params, robot, self.model, self.shapes, self.tree, self._paths, added
        )
        self.first, self.second, self.required = pairs.first, pairs.second, pairs.required
        self.names = pairs.names
        self.is_active: Flags = pairs.is_active
        self.gripper, self.fingers = pairs.gripper, pairs.fingers
        self.is_between_arms: Flags = pairs.is_between_arms
        self.is_of_object: Flags = pairs.is_of_object
        self.is_of_obstacle: Flags = pairs.is_of_obstacle
        self._geometry_data = self.shapes.createData()
        self._joints = pairs.joints
        self._set_up_points()
        self._compute_lever_arms()
        self.widths: Array = np.zeros(max(len(robot.grippers), 1))  # m, of each gripper
        for k, gripper in enumerate(robot.grippers):
            self.set_width(gripper.open_width, k)

    def _set_up_points(self) -> None:
        """Views into pinocchio's data: of each arm the elbow and wrist joints, the end of a long
        tool, and the tip."""
        data, tree = self._data, self.tree
        self._points: list[Array] = []
        moved: list[Array] = []
        self.tip_rows: list[int] = []
        self.tools: list[ToolPoint] = []
        for arm, (tip, joint) in enumerate(zip(tree.tips, tree.tip_joints, strict=True)):
            for j in tree.point_joints(arm):
                self._points.append(data.oMi[j].translation)
                moved.append(tree.moves[j])
            frame = self.model.frames[tip]
            tool = ToolPoint(len(self._points), joint, frame.placement.translation)
            tool.fit(self.shapes.geometryObjects[k] for k in self.gripper_of(arm))
            self.tools.append(tool)
            self._points += [np.zeros(3), data.oMf[tip].translation]
            moved += [np.zeros(self.n), tree.moves[joint]]
            self.tip_rows.append(len(self._points) - 1)
        self._is_moved = np.array(moved)  # (p, n)

    def gripper_of(self, arm: int) -> list[int]:
        """Shapes of the gripper of an arm."""
        joint = self.tree.tip_joints[arm]
        return [k for k in self.gripper if self._joints[k] == joint]

    def _compute_lever_arms(self) -> None:
        shapes, tree = self.shapes.geometryObjects, self.tree
        self._shape_arms = np.zeros((self.shapes.ngeoms, self.n))
        # (shapes, grippers) m per m of opening
        self._shape_rates = np.zeros((self.shapes.ngeoms, max(len(self._paths), 1)))
        for k, shape in enumerate(shapes):
            offset = float(np.linalg.norm(shape.placement.translation))
            for g, path in enumerate(self._paths):
                if k in path.shapes:
                    offset = max(offset, float(path.reach[path.shapes.index(k)]))
                    self._shape_rates[k, g] = path.rate
            if self._joints[k] > 0:
                extent = offset + _radius(shape)
                self._shape_arms[k] = tree.lever_arms(int(self._joints[k]), extent)
        # (arms, n) m/rad, of the tip, which lies between the fingers
        self.tip_arms: Array = np.array([self._tip_arms(arm) for arm in range(len(tree.arms))])
        rates = self._shape_rates[self.first] + self._shape_rates[self.second]
        # (p, grippers) m per m of opening, by which the distance of a pair may change
        self.opening_rates: Array = np.where(rates > 0.0, np.maximum(rates, 1.0), 0.0)
        self._update_lever_arms()

    def _tip_arms(self, arm: int) -> Array:
        """Upper bounds (n,) m/rad of how fast each joint moves the tip."""
        tip, joint = self.tree.tips[arm], self.tree.tip_joints[arm]
        fingers = [k for k in self.fingers if self._joints[k] == joint]
        if fingers:
            most: Array = self._shape_arms[fingers].max(axis=0)
            return most
        extent = float(np.linalg.norm(self.model.frames[tip].placement.translation))
        return self.tree.lever_arms(joint, extent)

    def _update_lever_arms(self) -> None:
        """Upper bounds (p, n) m/rad of how fast each joint moves the shapes of a pair relative to
        each other."""
        pairs = self.first, self.second
        self.lever_arms = self.tree.relative_arms(self._shape_arms, self._joints, pairs)

    @property
    def width(self) -> float:
        """m, opening of the gripper of a robot with one."""
        return float(self.widths[0])

    def set_width(self, width: float, gripper: int = 0) -> None:
        """Place the fingers of a gripper `width` m apart."""
        self.widths[gripper] = width
        path = self._paths[gripper]
        for shape, placement in zip(path.shapes, path.at(width), strict=True):
            self.shapes.geometryObjects[shape].placement = placement

    def update_widths(self, widths: Sequence[float]) -> bool:
        """Place the fingers of all grippers; True when one has moved noticeably, else they stay
        as they are."""
        moved = [k for k, w in enumerate(widths) if abs(w - self.widths[k]) > WIDTH_CHANGE]
        for k in moved:
            self.set_width(widths[k], k)
        return bool(moved)

    def set_box(self, shape: int, size: Array, pose: Array | None) -> None:
        """Make `shape` a box of `size` (3,) m at `pose` (4, 4) in the frame of its parent joint;
        None moves it out of the scene."""
        item = self.shapes.geometryObjects[shape]
        item.geometry.halfSide = np.asarray(size) / 2.0
        item.geometry.computeLocalAABB()
        item.placement = pin.SE3(np.eye(3), FAR) if pose is None else pin.SE3(np.asarray(pose))
        if shape in self.held:
            self._attach(self.held.index(shape), size, pose)

    def _attach(self, arm: int, size: Array, pose: Array | None) -> None:
        """Lever arms and tool point of an arm that holds a box at `pose` (4, 4) of its last joint,
        or nothing."""
        joint, shapes = self.tree.tip_joints[arm], self.shapes.geometryObjects
        held = [] if pose is None else [shapes[self.held[arm]]]
        self.tools[arm].fit([*(shapes[k] for k in self.gripper_of(arm)), *held])
        lever = np.zeros(self.n)
        if pose is not None:
            extent = float(np.linalg.norm(pose[:3, 3]) + np.linalg.norm(size) / 2.0)
            lever = self.tree.lever_arms(joint, extent)
        self._shape_arms[self.held[arm]] = lever
        self._update_lever_arms()

    def tip(self, q: Array, arm: int = 0) -> Array:
        """4x4 base_from_tip of an arm; also updates the placements of all joints."""
        pin.forwardKinematics(self.model, self._data, q)
        tip = self.tree.tips[arm]
        return np.asarray(pin.updateFramePlacement(self.model, self._data, tip).homogeneous)

    def current_tips(self) -> list[Array]:
        """4x4 base_from_tip of each arm, after `point_jacobians` for the same q."""
        return [np.asarray(self._data.oMf[tip].homogeneous) for tip in self.tree.tips]

    def last_link(self, q: Array, arm: int = 0) -> Array:
        """4x4 base_from_last_joint of an arm."""
        pin.forwardKinematics(self.model, self._data, q)
        return np.asarray(self._data.oMi[self.tree.tip_joints[arm]].homogeneous)

    def distances(self, q: Array, pairs: Indices | Sequence[int]) -> Array:
        """Exact distances (len(pairs),) m of the pairs with these indices."""
        if not len(pairs):
            return np.zeros(0)
        pin.updateGeometryPlacements(self.model, self._data, self.shapes, self._geometry_data, q)
        shapes, data, compute = self.shapes, self._geometry_data, pin.computeDistance
        return np.array([compute(shapes, data, int(k)).min_distance for k in pairs])

    def distance_gradient(self, pair: int, spatial_jacobian: Array) -> Array:
        """Gradient (n,) m/rad of the distance of a pair, after `distances` for the same q and with
        its `spatial_jacobian`."""
        result, moves = self._geometry_data.distanceResults[pair], self.tree.moves
        return jacobians.distance_gradient(
            spatial_jacobian, result.getNearestPoint1(), result.getNearestPoint2(), result.normal,
            result.min_distance, moves[self._joints[self.first[pair]]],
            moves[self._joints[self.second[pair]]],
        )  # fmt: skip

    def spatial_jacobian(self, q: Array) -> Array:
        """Spatial Jacobian (6, n) at the base origin: linear, then angular."""
        return np.asarray(pin.computeJointJacobians(self.model, self._data, q)).copy()

    def point_jacobians(self, spatial_jacobian: Array) -> Array:
        """Jacobians (p, 3, n) m/rad after `spatial_jacobian`, of each arm: elbow and wrist joints,
        the end of a long tool (zero without one), and the tip."""
        for tip in self.tree.tips:
            pin.updateFramePlacement(self.model, self._data, tip)
        for tool in self.tools:
            if tool.is_long:
                self._points[tool.row] = self._data.oMi[tool.joint].act(tool.point)
                self._is_moved[tool.row] = self.tree.moves[tool.joint]
            else:
                self._is_moved[tool.row] = 0.0
        return jacobians.point_jacobians(spatial_jacobian, np.array(self._points), self._is_moved)


def _radius(shape: Any) -> float:
    """Upper bound of the distance of any point of a shape from its placement, m."""
    shape.geometry.computeLocalAABB()
    centre = float(np.linalg.norm(shape.geometry.aabb_center))
    return centre + float(shape.geometry.aabb_radius)
