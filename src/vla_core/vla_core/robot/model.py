"""Kinematics and collision shapes of a robot, with pinocchio."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import coal
import numpy as np
import pinocchio as pin
from numpy.typing import ArrayLike

from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig
from vla_core.robot.description.hulls import ConvexPiece, collision_pieces
from vla_core.robot.description.mesh import convex
from vla_core.robot.description.urdf import Description, describe, finger_positions
from vla_core.robot.length_scale import length_scale
from vla_core.robot.limits import JointLimits

_AXES = pin.ReferenceFrame.LOCAL_WORLD_ALIGNED


class RobotModel:
    """Kinematics of the arms: q is (n,) rad as in the configuration, poses in base_frame.

    Every gripper is locked at an opening of `width` m, open by default. `fk` and `jacobian` are
    those of the first arm's tip unless a frame is named. Not thread-safe: one model per thread.
    """

    def __init__(self, config: RobotConfig, width: float | None = None) -> None:
        self.config = config
        self.width = width
        self.pin_model, self.collision_model = collision_model(config, width)
        self.pin_data = self.pin_model.createData()
        self.limits: JointLimits = config.limits
        self.n = len(config.joints)
        self.home: Array = config.home
        self._ids = {frame.name: k for k, frame in enumerate(self.pin_model.frames)}
        self._tip = self._id(config.arms[0].tip_frame)

    @property
    def neutral(self) -> Array:
        """(n,) rad, midpoint of the limits."""
        return (self.limits.lower + self.limits.upper) / 2

    @functools.cached_property
    def length_scale(self) -> float:
        """m, unit of length in which limits of singular values hold: 1 for an arm of full size,
        less for a small one, whose translations are small against its rotations."""
        return length_scale(self.pin_model, self._tip)

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

    def smallest_singular_value(self, q: ArrayLike) -> float:
        """Smallest singular value of the tip's Jacobian, its lengths in units of `length_scale`;
        0 at a singularity."""
        jacobian = self.jacobian(q)
        jacobian[:3] /= self.length_scale
        return float(np.linalg.svd(jacobian, compute_uv=False)[-1])

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


def collision_model(
    config: RobotConfig, width: float | Mapping[str, float] | None = None
) -> tuple[Any, Any]:
    """pinocchio Model of the arms and GeometryModel of their shapes without the disabled pairs.

    Cylinders of the URDF become capsules (urdf/shapes.xacro), meshes convex pieces (hulls.py).
    Every gripper is locked at an opening of `width` m, or that of its name in it (open by
    default), the root link stands at `config.mount`. Each call returns a new copy.
    """
    locked: dict[str, float] = {}
    for gripper in config.grippers:
        opening = width.get(gripper.name) if isinstance(width, Mapping) else width
        opening = gripper.open_width if opening is None else opening
        locked |= finger_positions(config, gripper, opening)
    model, shapes = _built(
        config.name, describe(config), config.urdf.pieces, tuple(sorted(locked.items()))
    )
    model, shapes = model.copy(), shapes.copy()
    names = tuple(model.names)[1:]
    if names != config.joint_names:
        raise UserError(_joint_fault(config, names))
    links = tuple(f.name for f in model.frames if f.type == pin.FrameType.BODY)
    _check_base(config, model)
    _check_cameras(config, links)
    _mount(model, shapes, config.mount.matrix)
    _add_pairs(model, shapes, config)
    return model, shapes


def _joint_fault(config: RobotConfig, names: tuple[str, ...]) -> str:
    """What is wrong with the joints of the arms, given those that the URDF leaves movable."""
    given = config.joint_names
    unknown = [name for name in given if name not in names]
    extra = [name for name in names if name not in given]
    if unknown:
        return f'{config.name}: no joint {", ".join(unknown)}; the URDF has {", ".join(names)}'
    if extra:
        line = ', '.join(f'{name}: 0.0' for name in extra)
        return (
            f'{config.name}: the URDF also moves {", ".join(extra)}, which no arm or gripper has; '
            f'to keep them still add the line  fixed_joints: {{{line}}}'
        )
    return f'{config.name}: list the joints in the order of the URDF: {", ".join(names)}'


def _check_base(config: RobotConfig, model: Any) -> None:
    """UserError when the stack's frame is a link that moves, or stands elsewhere in it."""
    links = {f.name: f for f in model.frames if f.type == pin.FrameType.BODY}
    joint = links[config.base_frame].parentJoint if config.base_frame in links else 0
    if joint > 0:
        raise UserError(
            f'{config.name}: base_frame {config.base_frame} is a link that {model.names[joint]} '
            f'moves; did you mean the root link, {next(iter(links))}?'
        )
    if config.base_frame in links and not np.allclose(config.mount.matrix, np.eye(4)):
        raise UserError(
            f'{config.name}: base_frame {config.base_frame} is a link of the URDF, which mount '
            f"moves; give the stack's frame another name"
        )


def _check_cameras(config: RobotConfig, links: tuple[str, ...]) -> None:
    """UserError when a camera is on a link that the URDF does not have."""
    for camera in config.cameras:
        if camera.kind == 'wrist' and camera.link not in links:
            known = ', '.join(links)
            raise UserError(
                f'{config.name}: camera {camera.name} is on {camera.link}, which is no link of '
                f'the URDF: name a parent and a pose in it; it has {known}'
            )


def _mount(model: Any, shapes: Any, pose: Array) -> None:
    """Place everything that hangs on the root link at `pose` in the stack's frame."""
    mount = pin.SE3(np.asarray(pose))
    for k in range(1, model.njoints):
        if model.parents[k] == 0:
            model.jointPlacements[k] = mount * model.jointPlacements[k]
    for frame in model.frames[1:]:  # the first is the universe
        if frame.parentJoint == 0:
            frame.placement = mount * frame.placement
    for shape in shapes.geometryObjects:
        if shape.parentJoint == 0:
            shape.placement = mount * shape.placement


@functools.lru_cache(maxsize=64)
def _built(
    name: str, description: Description, pieces: int, locked: tuple[tuple[str, float], ...]
) -> tuple[Any, Any]:
    full = pin.buildModelFromXML(description.text)
    shapes = pin.buildGeomFromUrdfString(full, description.text, pin.GeometryType.COLLISION)
    for shape in shapes.geometryObjects:
        if isinstance(shape.geometry, coal.Cylinder):
            cylinder = shape.geometry
            shape.geometry = coal.Capsule(cylinder.radius, 2.0 * cylinder.halfLength)
    _add_pieces(full, shapes, description, pieces)
    q = pin.neutral(full)
    for joint, position in locked:
        if not full.existJointName(joint):
            raise UserError(
                f'{name}: no joint {joint!r}; the URDF has {", ".join(tuple(full.names)[1:])}'
            )
        q[full.joints[full.getJointId(joint)].idx_q] = position
    ids = [full.getJointId(joint) for joint, _ in locked]
    model, shapes = pin.buildReducedModel(full, shapes, ids, q)
    return model, shapes


@functools.lru_cache(maxsize=512)
def _hull(piece: ConvexPiece) -> Any:
    hull = convex(piece.points)
    hull.setSweptSphereRadius(piece.radius)
    return hull


def _add_pieces(model: Any, shapes: Any, description: Description, pieces: int) -> None:
    for k, piece in enumerate(collision_pieces(description, pieces)):
        frame = model.getFrameId(piece.link, pin.FrameType.BODY)
        placement = model.frames[frame].placement
        joint = model.frames[frame].parentJoint
        shapes.addGeometryObject(
            pin.GeometryObject(f'{piece.link}_piece_{k}', joint, frame, placement, _hull(piece))
        )


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
