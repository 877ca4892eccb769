"""Kinematics and collision shapes of a robot, with pinocchio."""

from __future__ import annotations

import functools
from typing import Any

import coal
import numpy as np
import pinocchio as pin
from numpy.typing import ArrayLike

from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig
from vla_core.robot.limits import JointLimits
from vla_core.robot.urdf import urdf_text

_AXES = pin.ReferenceFrame.LOCAL_WORLD_ALIGNED


class RobotModel:
    """Kinematics of the arm: q is (n,) rad in the order of the configuration, poses in base_frame.

    The fingers are locked at `width`. Not thread-safe: one model per thread.
    """

    def __init__(self, config: RobotConfig, width: float | None = None) -> None:
        self.config = config
        self.width = config.gripper.open_width if width is None else width  # m
        self.pin_model, self.collision_model = collision_model(config, self.width)
        self.pin_data = self.pin_model.createData()
        self.limits: JointLimits = config.limits
        self.n = len(config.joints)
        self.home: Array = config.home
        self._ids = {frame.name: k for k, frame in enumerate(self.pin_model.frames)}
        self._tip = self._id(config.tip_frame)

    @property
    def neutral(self) -> Array:
        """(n,) rad, midpoint of the limits."""
        return (self.limits.lower + self.limits.upper) / 2

    @property
    def frame_names(self) -> tuple[str, ...]:
        """Links that `fk` and `jacobian` accept."""
        return tuple(f.name for f in self.pin_model.frames if f.type == pin.FrameType.BODY)

    def fk(self, q: ArrayLike, frame: str | None = None) -> Array:
        """4x4 base_from_frame; of the tip by default."""
        index = self._tip if frame is None else self._id(frame)
        pin.forwardKinematics(self.pin_model, self.pin_data, self._vector(q))
        placement = pin.updateFramePlacement(self.pin_model, self.pin_data, index)
        return np.asarray(placement.homogeneous)

    def frames(self, q: ArrayLike, names: tuple[str, ...]) -> Array:
        """(len(names), 4, 4) base_from_frame of each."""
        pin.forwardKinematics(self.pin_model, self.pin_data, self._vector(q))
        ids = [self._id(name) for name in names]
        return np.array(
            [pin.updateFramePlacement(self.pin_model, self.pin_data, k).homogeneous for k in ids]
        )

    def jacobian(self, q: ArrayLike, frame: str | None = None) -> Array:
        """(6, n) linear (m/rad) then angular (rad/rad), at the frame's origin, base_frame axes."""
        index = self._tip if frame is None else self._id(frame)
        return np.asarray(
            pin.computeFrameJacobian(self.pin_model, self.pin_data, self._vector(q), index, _AXES)
        )

    def manipulability(self, q: ArrayLike) -> float:
        """sqrt(det(J J^T)) at the tip; 0 at a singularity."""
        return float(np.prod(np.linalg.svd(self.jacobian(q), compute_uv=False)))

    def smallest_singular_value(self, q: ArrayLike) -> float:
        """Smallest singular value of the tip's Jacobian; 0 at a singularity."""
        return float(np.linalg.svd(self.jacobian(q), compute_uv=False)[-1])

    def _id(self, frame: str) -> int:
        if frame not in self._ids:
            raise UserError(
                f'{self.config.name} has no frame {frame!r}; it has {", ".join(self.frame_names)}'
            )
        return self._ids[frame]

    def _vector(self, q: ArrayLike) -> Array:
        vector = np.asarray(q, dtype=np.float64)
        if vector.shape != (self.n,):
            raise ValueError(f'q has shape {vector.shape}, {self.config.name} has {self.n} joints')
        return vector


def collision_model(config: RobotConfig, width: float | None = None) -> tuple[Any, Any]:
    """pinocchio Model of the arm and GeometryModel of its shapes without the disabled pairs.

    Cylinders of the URDF become capsules (urdf/shapes.xacro). The fingers are locked at `width` m.
    Each call returns a new copy.
    """
    width = config.gripper.open_width if width is None else width
    model, shapes = _built(
        config.name, urdf_text(config), config.gripper.joint, config.gripper.mimic, width
    )
    model, shapes = model.copy(), shapes.copy()
    names = tuple(model.names)[1:]
    if names != config.joint_names:
        raise UserError(f'{config.name}: joints are {config.joint_names}, the URDF has {names}')
    root = model.frames[1].name
    if root != config.base_frame:
        raise UserError(f'{config.name}: base_frame is {config.base_frame}, the URDF has {root}')
    _add_pairs(model, shapes, config)
    return model, shapes


@functools.lru_cache(maxsize=8)
def _built(name: str, text: str, finger: str, mimic: str, width: float) -> tuple[Any, Any]:
    full = pin.buildModelFromXML(text)
    shapes = pin.buildGeomFromUrdfString(full, text, pin.GeometryType.COLLISION)
    for shape in shapes.geometryObjects:
        if isinstance(shape.geometry, coal.Cylinder):
            cylinder = shape.geometry
            shape.geometry = coal.Capsule(cylinder.radius, 2.0 * cylinder.halfLength)
    q = pin.neutral(full)
    for joint in (finger, mimic):
        if not full.existJointName(joint):
            raise UserError(
                f'{name}: no joint {joint!r}; the URDF has {", ".join(tuple(full.names)[1:])}'
            )
        q[full.joints[full.getJointId(joint)].idx_q] = width / 2
    locked = [full.getJointId(joint) for joint in (finger, mimic)]
    model, shapes = pin.buildReducedModel(full, shapes, locked, q)
    return model, shapes


def link_of(model: Any, shape: Any) -> str:
    """Name of the link that a shape belongs to."""
    return str(model.frames[shape.parentFrame].name)


def _add_pairs(model: Any, shapes: Any, config: RobotConfig) -> None:
    links = [link_of(model, shape) for shape in shapes.geometryObjects]
    unknown = {link for pair in config.disabled_pairs for link in pair} - set(links)
    if unknown:
        known = ', '.join(sorted(set(links)))
        raise UserError(f'{config.name}: disabled_pairs names {sorted(unknown)}; known: {known}')
    disabled = {frozenset(pair) for pair in config.disabled_pairs}
    shapes.addAllCollisionPairs()  # leaves out shapes that cannot move relative to each other
    pairs = [(pair.first, pair.second) for pair in shapes.collisionPairs]
    shapes.removeAllCollisionPairs()  # removing one at a time would shift the rest
    for first, second in pairs:
        if frozenset((links[first], links[second])) not in disabled:
            shapes.addCollisionPair(pin.CollisionPair(first, second))
