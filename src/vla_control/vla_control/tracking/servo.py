"""From a reference, pose or joints, to the commanded joint state; the command starts from itself,
not from the arm.
"""

from __future__ import annotations

import numpy as np

from vla_control.chunks.trajectory import turn_from
from vla_control.params import ControlParams
from vla_control.tracking.differential_ik import DifferentialIk, IkParams
from vla_control.tracking.joint_tracker import JointTracker, LimitShares
from vla_core.frozen import Array
from vla_core.robot.model import RobotModel

STILL = 0.02  # rad/s, measured joints slower than this stand
DEADBAND = 0.004  # rad, sag and noise: no reason to move the command
WISH = 10.0  # 1/s, weight of the distance to the reference in where the command wants to go


class Servo:
    """The commanded arm. `brake`, `glide` and `go` move it on by one period within the
    limits.
    """

    def __init__(self, model: RobotModel, params: ControlParams) -> None:
        self.model = model
        self.ik = DifferentialIk(model, IkParams(limit_margin=params.joint_margin))
        shares = LimitShares(
            params.speed_share,
            params.acceleration_share,
            params.jerk_share,
            params.catch_up,
            params.joint_margin,
        )
        self.tracker = JointTracker(model.limits, shares)
        self.gap = 0.0  # rad, largest joint distance between the reference and the command
        self.tool_speed = 0.0  # m/s, of the reference
        self._last: Array | None = None  # reference of the previous period
        self._forward: Array | None = None  # rad/s, its velocity
        self._error = np.zeros_like(self.tracker.q)  # rad, to it

    @property
    def q(self) -> Array:
        """(n,) rad, commanded."""
        return self.tracker.q

    @property
    def pose(self) -> Array:
        """(4, 4) base_from_tcp, commanded."""
        return self.model.fk(self.tracker.q)

    def reset(self, q: Array) -> None:
        """Stand at q, at once."""
        self.tracker.reset(q)
        self._forget()

    def brake(self, dt: float) -> None:
        """Come to rest."""
        self._forget()
        self.tracker.brake(dt)

    def glide(self, q: Array, v: Array, dt: float) -> None:
        """Come to where the arm is (q rad, v rad/s, measured), for as long as the shield holds it
        back.
        """
        self._forget()
        error = q - self.tracker.q
        is_moving = bool(np.abs(v).max() > STILL)
        if not is_moving and np.abs(error).max() <= DEADBAND:
            self.tracker.brake(dt)
            return
        self.tracker.follow(error, v if is_moving else np.zeros_like(v), dt)

    def aim(self, reference: Array, dt: float) -> Array:
        """Take in the reference, (4, 4) pose or (n,) rad; where the command wants to go, rad/s."""
        is_new = self._last is None or self._last.shape != reference.shape
        last = reference if self._last is None or is_new else self._last
        self._error, forward = self._motions(last, reference, dt)
        self._last, self._forward = reference, forward
        self.gap = float(np.abs(self._error).max())
        return forward + WISH * self._error

    def go(self, dt: float) -> None:
        """Follow what was aimed at."""
        if self._forward is None:
            raise RuntimeError('go without aim')
        self.tracker.follow(self._error, self._forward, dt)

    def distance(self, a: Array, b: Array) -> Array:
        """(n,) rad, how far the joints move from reference a to reference b, near the command."""
        if a.ndim == 1:
            return np.abs(b - a)
        return np.abs(self.ik.solve(self.tracker.q, pose_difference(a, b)[None])[0][0])

    def _motions(self, last: Array, reference: Array, dt: float) -> tuple[Array, Array]:
        """Joint distance (n,) rad to the last reference, and the velocity (n,) rad/s of the
        reference since.
        """
        q = self.tracker.q
        if reference.ndim == 1:
            forward = (reference - last) / dt
            self.tool_speed = float(np.linalg.norm(self.model.jacobian(q)[:3] @ forward))
            return last - q, forward
        twist = pose_difference(last, reference) / dt
        self.tool_speed = float(np.linalg.norm(twist[:3]))
        (error, forward), spare = self.ik.solve(
            q, np.stack([pose_difference(self.model.fk(q), last), twist])
        )
        return error, forward + spare

    def _forget(self) -> None:
        self._last = self._forward = None
        self.gap = self.tool_speed = 0.0


def pose_difference(a: Array, b: Array) -> Array:
    """(6,) m and rad, base axes: what takes pose a to pose b."""
    return np.concatenate([b[:3, 3] - a[:3, 3], turn_from(a[:3, :3], b[:3, :3])])
