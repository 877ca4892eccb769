"""The robot's body and the things around it: placements, point Jacobians, distances of pairs."""

from __future__ import annotations

from typing import Any

import coal
import numpy as np
import pinocchio as pin

from vla_core.compiled import COUNT, MATRIX, NUMBER, VECTOR, Indices, compiled
from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig
from vla_core.robot.model import collision_model, link_of
from vla_shield.params import ShieldParams

SLOTS = 16  # objects that can be kept clear of at once
_FAR = np.array([0.0, 0.0, 50.0])  # m, where unused shapes are parked


class CollisionModel:
    """Shapes of arm, gripper, table, objects and a held object. q is (n,) rad; positions in base
    frame."""

    def __init__(self, params: ShieldParams, robot: RobotConfig) -> None:
        self.n = len(robot.joints)
        self._robot = robot
        self.model, self.shapes = collision_model(robot, robot.gripper.closed_width)
        self._data = self.model.createData()
        self._tip = self.model.getFrameId(robot.tip_frame)
        carried = np.array([*range(3, self.n + 1), self.n])
        self._carries = (np.arange(self.n) < carried[:, None]).astype(float)  # (p, n)
        # views of what pinocchio computes: elbow and wrist joints and, last, the tip
        self._watched = [self._data.oMi[j].translation for j in range(3, self.n + 1)]
        self._watched.append(self._data.oMf[self._tip].translation)
        self._split_fingers()
        count = self.shapes.ngeoms
        self.table = self._add('table', coal.Halfspace(np.array([0.0, 0.0, 1.0]), 0.0), 0)
        self.slots = [self._add(f'object {k}', coal.Box(0.1, 0.1, 0.1), 0) for k in range(SLOTS)]
        self.held = self._add('held object', coal.Box(0.1, 0.1, 0.1), self.n)
        self._pair_up(count, params)
        self._sizes()
        self.set_width(robot.gripper.open_width)

    def _split_fingers(self) -> None:
        """Where each shape is with the gripper open and closed; those that differ are fingers."""
        _, opened = collision_model(self._robot, self._robot.gripper.open_width)
        self._closed = [shape.placement.copy() for shape in self.shapes.geometryObjects]
        self._open = [shape.placement.copy() for shape in opened.geometryObjects]
        pairs = zip(self._closed, self._open, strict=True)
        self.fingers = [k for k, (a, b) in enumerate(pairs) if not a.isApprox(b, 1e-9)]
        frames, shapes = self.model.frames, self.shapes.geometryObjects
        palm = frames[
            frames[self._tip].parentFrame
        ].parentFrame  # the link that the tip is fixed to
        self.gripper = [
            k
            for k, s in enumerate(shapes)
            if k in self.fingers or self._hangs_on(s.parentFrame, palm)
        ]

    def _hangs_on(self, frame: int, root: int) -> bool:
        """Whether a frame is `root` or fixed to it, directly or through others."""
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

    def _pair_up(self, count: int, params: ShieldParams) -> None:
        """Self pairs come from the robot's model; add arm, gripper and held thing to the world."""
        least = [params.self_clearance] * len(self.shapes.collisionPairs)
        shapes = self.shapes.geometryObjects
        for k in range(count):
            if shapes[k].parentJoint > 1:
                self.shapes.addCollisionPair(pin.CollisionPair(k, self.table))
                least.append(params.gripper_clearance if k in self.fingers else params.clearance)
            if shapes[k].parentJoint > 0:
                for slot in self.slots:
                    self.shapes.addCollisionPair(pin.CollisionPair(k, slot))
                    least.append(
                        params.gripper_clearance if k in self.gripper else params.clearance
                    )
        for other in (self.table, *self.slots):
            self.shapes.addCollisionPair(pin.CollisionPair(self.held, other))
            least.append(params.held_clearance)
        pairs = self.shapes.collisionPairs
        self.first = np.array([pair.first for pair in pairs])
        self.second = np.array([pair.second for pair in pairs])
        self.least = np.array(least)  # (p,) m, distance to keep
        self.is_active = (self.second <= self.table) & (self.first != self.held)
        self.names = [
            f'{self._name(a)}-{self._name(b)}'
            for a, b in zip(self.first, self.second, strict=True)
        ]
        self._geometry_data = self.shapes.createData()

    def _name(self, shape: int) -> str:
        item = self.shapes.geometryObjects[int(shape)]
        return link_of(self.model, item) if shape < self.table else str(item.name)

    def _sizes(self) -> None:
        """(p, n) m: how far at most one radian of each joint moves the shapes of a pair to each
        other."""
        joints = self.model.jointPlacements
        hops = np.array([np.linalg.norm(joints[k].translation) for k in range(1, self.n + 1)])
        self._reach = np.zeros((self.shapes.ngeoms, self.n))
        self._joints = np.array([int(s.parentJoint) for s in self.shapes.geometryObjects])
        for k, shape in enumerate(self.shapes.geometryObjects):
            joint = int(shape.parentJoint)
            if joint == 0:
                continue
            own = _extent(shape, self._open[k] if k < len(self._open) else None)
            for j in range(joint):
                self._reach[k, j] = hops[j + 1 : joint].sum() + own
        self.tip_reach: Array = self._reach[self.fingers].max(axis=0)  # (n,) m, the tip is between
        self._refresh_reach()

    def _refresh_reach(self) -> None:
        a, b = self._reach[self.first], self._reach[self.second]
        below = np.minimum(self._joints[self.first], self._joints[self.second])[:, None]
        is_between = (
            np.arange(self.n)[None, :] >= below
        )  # joints that carry both move neither to the other
        self.reach = np.where(is_between, np.maximum(a, b), 0.0)

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

    def set_box(self, shape: int, size: Array, place: Array | None) -> None:
        """Make `shape` a box of `size` (3,) m at `place` (4, 4), in the frame it hangs on; None
        parks it."""
        item = self.shapes.geometryObjects[shape]
        item.geometry.halfSide = np.asarray(size) / 2.0
        item.geometry.computeLocalAABB()
        item.placement = pin.SE3(np.eye(3), _FAR) if place is None else pin.SE3(np.asarray(place))
        if shape == self.held:
            self._reach[shape] = self._held_reach(size, place)
            self._refresh_reach()

    def _held_reach(self, size: Array, place: Array | None) -> Array:
        if place is None:
            return np.zeros(self.n)
        joints = self.model.jointPlacements
        hops = np.array([np.linalg.norm(joints[k].translation) for k in range(1, self.n + 1)])
        own = float(np.linalg.norm(place[:3, 3]) + np.linalg.norm(size) / 2.0)
        return np.array([hops[j + 1 :].sum() + own for j in range(self.n)])

    def tip(self, q: Array) -> Array:
        """4x4 base_from_tip; also places all joints."""
        pin.forwardKinematics(self.model, self._data, q)
        return np.asarray(pin.updateFramePlacement(self.model, self._data, self._tip).homogeneous)

    def tip_there(self) -> Array:
        """4x4 base_from_tcp, after `watched_points` for the same q."""
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

    def row(self, pair: int, columns: Array) -> Array:
        """(n,) m/rad, how joint velocities change the distance of a pair; after `distances`, with
        `columns` from `columns_at` for the same q."""
        result = self._geometry_data.distanceResults[pair]
        return _row(
            columns, result.getNearestPoint1(), result.getNearestPoint2(), result.normal,
            result.min_distance, self._joints[self.first[pair]], self._joints[self.second[pair]],
        )  # fmt: skip

    def columns_at(self, q: Array) -> Array:
        """(6, n) spatial velocity at the base origin per joint velocity: linear, then angular."""
        return np.asarray(pin.computeJointJacobians(self.model, self._data, q)).copy()

    def watched_points(self, columns: Array) -> Array:
        """(p, 3, n) velocity Jacobians of elbow and wrist joints and, last, of the tip, after
        `columns_at`."""
        pin.updateFramePlacement(self.model, self._data, self._tip)
        return _jacobians(columns, np.array(self._watched), self._carries)


@compiled(MATRIX, VECTOR, VECTOR, VECTOR, NUMBER, COUNT, COUNT)
def _row(
    columns: Array, a: Array, b: Array, normal: Array, distance: float, first: int, second: int
) -> Array:
    """How fast the nearest points `a` and `b` (3,) m, on the links of these joints, part; `normal`
    (3,) is believed where they touch. Joint 0 is the world, it stands still."""
    way = b - a
    size = np.sqrt(way[0] * way[0] + way[1] * way[1] + way[2] * way[2])
    way = way / size if distance > 1e-5 and size > 1e-9 else normal
    row = np.zeros(columns.shape[1])
    for sign, p, joint in ((1.0, b, second), (-1.0, a, first)):
        x = p[1] * way[2] - p[2] * way[1]
        y = p[2] * way[0] - p[0] * way[2]
        z = p[0] * way[1] - p[1] * way[0]
        for j in range(joint):
            row[j] += sign * (
                way[0] * columns[0, j]
                + way[1] * columns[1, j]
                + way[2] * columns[2, j]
                + x * columns[3, j]
                + y * columns[4, j]
                + z * columns[5, j]
            )
    return row


@compiled(MATRIX, MATRIX, MATRIX)
def _jacobians(columns: Array, points: Array, carries: Array) -> Array:
    made, linear, angular = np.zeros((len(points), 3, columns.shape[1])), columns[:3], columns[3:]
    for p in range(len(points)):
        x, y, z = points[p, 0], points[p, 1], points[p, 2]
        made[p, 0] = carries[p] * (linear[0] + angular[1] * z - angular[2] * y)
        made[p, 1] = carries[p] * (linear[1] + angular[2] * x - angular[0] * z)
        made[p, 2] = carries[p] * (linear[2] + angular[0] * y - angular[1] * x)
    return made


def _extent(shape: Any, other: Any) -> float:
    """m, furthest any point of a shape can be from its joint."""
    shape.geometry.computeLocalAABB()
    offset = float(np.linalg.norm(shape.placement.translation))
    if other is not None:
        offset = max(offset, float(np.linalg.norm(other.translation)))
    return offset + float(shape.geometry.aabb_radius)
