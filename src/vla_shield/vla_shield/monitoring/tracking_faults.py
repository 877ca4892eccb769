"""Detection of tracking faults: frozen encoders, a large tracking error, an undeclared payload, a
gripper that presses on an obstacle."""

from __future__ import annotations

from math import hypot

import numpy as np

from vla_core.frozen import Array
from vla_core.records.safety import Decision
from vla_shield.command.reference import Reference
from vla_shield.constraints.checker import ConstraintChecker
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.decision import CycleDecision
from vla_shield.inputs.buffer import InputBuffer
from vla_shield.inputs.vector_checks import max_difference
from vla_shield.monitoring.tracking_offset import TrackingOffset
from vla_shield.params import ShieldParams

RELEASE_RATIO = 0.3  # of a limit, below which its fault is cleared
LEARNING_TIME = 0.25  # s, longer that an offset must last while the servos' lag is not known
ABORT_RATIO = 0.7  # of the controller's path tolerance, at which the arm is stopped
LATERAL_RATIO = 1.5  # lateral to vertical offset, above which it is not a payload


class TrackingFaultDetector:
    """Keeps the state of each fault and since when it has lasted."""

    def __init__(
        self,
        params: ShieldParams,
        checker: ConstraintChecker,
        model: CollisionModel,
        offset: TrackingOffset,
        arm: int = 0,
        path_tolerance: float = 0.0,
    ) -> None:
        """`path_tolerance`: rad, error at which the controller of the arm aborts; 0: none."""
        self._params, self._checker, self._model = params, checker, model
        self._offset, self._arm, self._part = offset, arm, model.tree.slices[arm]
        self._abort_limit = ABORT_RATIO * path_tolerance  # rad
        self._zero: Array = np.zeros(model.n)[self._part]  # rad/s
        self.clear()

    def clear(self) -> None:
        """Start without a fault."""
        self._moving_since: float | None = None  # s
        self._frozen_at: float | None = None  # s, stamp of the last change when frozen
        self._has_tracking_error = self._has_payload = self._is_pressing = False
        self._is_near_abort = False
        self._nominal_at: float | None = None  # s, stamp at which the height was last nominal
        self._raised_at = 0.0  # s, stamp at which the tip was last above its command

    def check(self, reference: Reference, inputs: InputBuffer) -> CycleDecision | None:
        """HOLD while there is a fault."""
        fault = self._frozen(reference, inputs) or self._tracking_error(reference, inputs)
        fault = fault or self._near_abort(reference, inputs)
        return fault or self._height_offset(inputs)

    def _frozen(self, reference: Reference, inputs: InputBuffer) -> CycleDecision | None:
        """Joint samples with fresh stamps do not change while motion is commanded."""
        stamp, changed = inputs.joints_status.stamp, inputs.last_change
        step = reference.state.step_velocity[self._part]
        if max_difference(step, self._zero) <= self._params.frozen_speed:
            self._moving_since = None
        elif self._moving_since is None:
            self._moving_since = stamp
        since = self._moving_since
        if since is not None and stamp - max(since, changed) >= self._params.frozen_time - 1e-9:
            self._frozen_at = changed
        if self._frozen_at is None:
            return None
        if changed > self._frozen_at:
            self._frozen_at = None
            return None
        why = 'joint states do not change while motion is commanded'
        return CycleDecision(Decision.HOLD, why, ('joints:frozen',))

    def _tracking_error(self, reference: Reference, inputs: InputBuffer) -> CycleDecision | None:
        """Something may block the arm: return the command to the measured position instead of
        increasing the error."""
        error = self._error(reference, inputs)
        if not error <= self._params.tracking_limit:
            self._has_tracking_error = True
        elif error <= RELEASE_RATIO * self._params.tracking_limit:
            self._has_tracking_error = False
        if not self._has_tracking_error:
            return None
        # The height offset is not evaluated during a tracking error.
        self._nominal_at = inputs.joints_status.stamp
        why = f'tracking error is {error:.2f} rad'
        return CycleDecision(Decision.HOLD, why, ('tracking',), inputs.q)

    def _near_abort(self, reference: Reference, inputs: InputBuffer) -> CycleDecision | None:
        """The controller would abort soon, and then hold where it is while commands go on: stop
        before, lag included."""
        if not self._abort_limit > 0.0:
            return None
        error = max_difference(reference.state.position[self._part], inputs.q)
        if not error <= self._abort_limit:
            self._is_near_abort = True
        elif error <= RELEASE_RATIO * self._abort_limit:
            self._is_near_abort = False
        if not self._is_near_abort:
            return None
        self._nominal_at = inputs.joints_status.stamp
        why = (
            f'the arm is {error:.3f} rad behind its command, and its controller aborts at '
            f'{self._abort_limit / ABORT_RATIO:.3f} rad: lower tcp_speed or raise '
            'constraints.<joint>.trajectory'
        )
        return CycleDecision(Decision.HOLD, why, ('tracking:tolerance',))

    def _error(self, reference: Reference, inputs: InputBuffer) -> float:
        """rad, largest tracking error that the lag of the servos does not explain."""
        state, lag = reference.state, self._offset.lag.value - self._params.delay
        position = state.position[self._part]
        if not lag > 0.0:
            return max_difference(position, inputs.q)
        speed = reference.step / self._params.period * np.abs(state.velocity[self._part])
        return float(np.max(np.abs(position - inputs.q) - lag * speed))

    def _height_offset(self, inputs: InputBuffer) -> CycleDecision | None:
        """The tip is steadily below or above its command.

        Below: an undeclared payload, with which objects are placed inaccurately. Above: the
        gripper presses on an obstacle; the command returns to the measured position until the
        target rises, or until the tip has rested for so long that the obstacle may be gone.
        """
        p, stamp = self._params, inputs.joints_status.stamp
        rise = self._rise(self._offset.value)
        if rise >= -RELEASE_RATIO * p.hang_limit:
            self._has_payload = False
        if rise > RELEASE_RATIO * p.hang_limit:
            self._raised_at = stamp
        elif self._is_pressing:
            has_rested = stamp - self._raised_at >= p.press_retry_time
            self._is_pressing = not has_rested and self._is_target_lower(inputs)
        if self._nominal_at is None or -p.hang_limit <= rise <= p.press_limit:
            self._nominal_at = stamp
        lasted = stamp - self._nominal_at - self._learning_time()
        self._has_payload |= rise < 0.0 and lasted >= p.hang_time
        self._is_pressing |= rise > 0.0 and lasted >= p.press_time
        if self._is_pressing:
            why = 'gripper presses on an obstacle below it'
            return CycleDecision(Decision.HOLD, why, ('tracking:press',), inputs.q)
        if self._has_payload:
            why = f'tip is {-1e3 * rise:.0f} mm below its command: undeclared payload?'
            return CycleDecision(Decision.HOLD, why, ('tracking:load',))
        return None

    def _is_target_lower(self, inputs: InputBuffer) -> bool:
        """True unless the target is higher than the tip."""
        if inputs.target is None:
            return True
        target, here = (self._height(q) for q in (inputs.motion.position, inputs.q))
        return not target >= here + self._params.hang_limit

    def _height(self, q: Array) -> float:
        """m, of the tip with the arm's joints at `q` (n,) rad."""
        whole = np.zeros(self._model.n)
        whole[self._part] = q
        return float(self._model.tip(whole, self._arm)[2, 3])

    def _learning_time(self) -> float:
        """s, longer that an offset must last: the lag of the servos may explain it."""
        if self._offset.lag.is_known:
            return 0.0
        rise, p = self._rise(self._offset.beyond_any_lag()), self._params
        return LEARNING_TIME if -p.hang_limit <= rise <= p.press_limit else 0.0

    def _rise(self, offset: Array | None) -> float:
        """m, height of the tip above its command; 0 when the offset is mainly lateral: then an
        object blocks it, such as a closed drawer or a pressed button."""
        if offset is None:
            return 0.0
        jacobian = self._checker.tip_jacobian(self._arm)[:, self._part]
        x, y, z = (jacobian @ offset).tolist()
        return z if hypot(x, y) <= LATERAL_RATIO * abs(z) else 0.0
