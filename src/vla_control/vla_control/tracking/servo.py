"""Follows a reference, tool pose or joint positions, with the commanded joint state. The command
continues from itself, never from the measured joints.
"""

from __future__ import annotations

import numpy as np

from vla_control.params import ControlParams
from vla_control.rotation_vectors import rotation_between
from vla_control.tracking.differential_ik import DifferentialIk, IkParams
from vla_control.tracking.joint_tracker import JointTracker, LimitShares
from vla_core.frozen import Array
from vla_core.robot.model import RobotModel

STILL = 0.02  # rad/s, measured joints slower than this are at rest
DEADBAND = 0.004  # rad, tracking offset and noise that do not move the command
POSITION_GAIN = 10.0  # 1/s, of the reference error in the desired velocity


class Servo:
    """The commanded arm; `brake`, `converge` and `follow` advance it by one period within the
    limits.
    """

    def __init__(self, model: RobotModel, params: ControlParams) -> None:
        self.model = model
        self.ik = DifferentialIk(model, IkParams(limit_margin=params.joint_margin))
        shares = LimitShares(
            params.speed_share,
            params.acceleration_share,
            params.jerk_share,
            params.catch_up_speed,
            params.joint_margin,
        )
        self.tracker = JointTracker(model.limits, shares)
        self.reference_error = 0.0  # rad, largest joint distance from the command to the reference
        self.tool_speed = 0.0  # m/s, of the reference
        self._workspace = model.config.arms[0].workspace
        self._last: Array | None = None  # reference of the previous period
        self._feedforward: Array | None = None  # (n,) rad/s, velocity of the reference
        self._error = np.zeros_like(self.tracker.q)  # (n,) rad, to the reference

    @property
    def q(self) -> Array:
        """Commanded joint positions (n,) rad."""
        return self.tracker.q

    @property
    def pose(self) -> Array:
        """Commanded tool pose (4, 4), base_from_tcp."""
        return self.model.fk(self.tracker.q)

    def reset(self, q: Array) -> None:
        """Set the command to rest at q, without a transition."""
        self.tracker.reset(q)
        self._clear_reference()

    def brake(self, dt: float) -> None:
        """Decelerate to rest."""
        self._clear_reference()
        self.tracker.brake(dt)

    def converge(self, q: Array, v: Array, dt: float) -> None:
        """Converge to the measured arm (q rad, v rad/s) while the shield holds it."""
        self._clear_reference()
        error = q - self.tracker.q
        is_moving = bool(np.abs(v).max() > STILL)
        if not is_moving and np.abs(error).max() <= DEADBAND:
            self.tracker.brake(dt)
            return
        self.tracker.follow(error, v if is_moving else np.zeros_like(v), dt)

    def set_reference(self, reference: Array, dt: float) -> Array:
        """Store the reference, (4, 4) pose or (n,) rad; return the desired velocity (n,) rad/s.
        A pose outside the workspace of the arm is moved to its edge."""
        if reference.ndim == 2 and self._workspace is not None:
            reference = reference.copy()
            reference[:3, 3] = np.clip(reference[:3, 3], *self._workspace)
        is_new = self._last is None or self._last.shape != reference.shape
        last = reference if self._last is None or is_new else self._last
        self._error, feedforward = self._joint_motion(last, reference, dt)
        self._last, self._feedforward = reference, feedforward
        self.reference_error = float(np.abs(self._error).max())
        return feedforward + POSITION_GAIN * self._error

    def follow(self, dt: float) -> None:
        """Follow the reference for one period."""
        if self._feedforward is None:
            raise RuntimeError('follow without a reference')
        self.tracker.follow(self._error, self._feedforward, dt)

    def joint_distance(self, a: Array, b: Array) -> Array:
        """Return how far the joints move from reference a to b, (n,) rad, near the command."""
        if a.ndim == 1:
            return np.abs(b - a)
        return np.abs(self.ik.solve(self.tracker.q, pose_difference(a, b)[None])[0][0])

    def _joint_motion(self, last: Array, reference: Array, dt: float) -> tuple[Array, Array]:
        """Return the joint distance (n,) rad to the last reference, and the velocity (n,) rad/s
        of the reference since then.
        """
        q = self.tracker.q
        if reference.ndim == 1:
            feedforward = (reference - last) / dt
            self.tool_speed = float(np.linalg.norm(self.model.jacobian(q)[:3] @ feedforward))
            return last - q, feedforward
        twist = pose_difference(last, reference) / dt
        self.tool_speed = float(np.linalg.norm(twist[:3]))
        (error, feedforward), centring = self.ik.solve(
            q, np.stack([pose_difference(self.model.fk(q), last), twist])
        )
        return error, feedforward + centring

    def _clear_reference(self) -> None:
        self._last = self._feedforward = None
        self.reference_error = self.tool_speed = 0.0


def pose_difference(a: Array, b: Array) -> Array:
    """Return translation and rotation vector from pose a to b, (6,) m and rad, base axes."""
    return np.concatenate([b[:3, 3] - a[:3, 3], rotation_between(a[:3, :3], b[:3, :3])])
