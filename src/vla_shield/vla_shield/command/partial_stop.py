"""Some joints stay on their certified stop while the others move on."""

from __future__ import annotations

import numpy as np

from vla_core.compiled import Flags
from vla_core.frozen import Array
from vla_shield.command.reference import Candidate, Reference


class PartialStop:
    """A reference whose candidates keep the joints of `is_held` (n,) on the stop that is already
    certified, exactly; only the others take the requested velocity."""

    def __init__(self, reference: Reference, is_held: Flags) -> None:
        self._reference, self._is_held = reference, is_held
        self._stop = reference.stop()

    @property
    def state(self) -> Candidate:
        return self._reference.state

    @property
    def step(self) -> float:
        """s, to the next state."""
        return self._reference.step

    @property
    def joint_range(self) -> tuple[Array, Array]:
        return self._reference.joint_range

    def stop(self) -> Candidate:
        """The next state on the certified ramp, of all joints."""
        return self._stop

    def bounds(self) -> tuple[Array, Array]:
        """(lower, upper) of the next step velocity, (n,) rad/s."""
        lower, upper = self._reference.bounds()
        fixed = self._stop.step_velocity
        return np.where(self._is_held, fixed, lower), np.where(self._is_held, fixed, upper)

    def candidate(self, u: Array) -> Candidate:
        """The state after one step at velocity `u` (n,) rad/s, of the joints that move on."""
        free, stop, held = self._reference.candidate(u), self._stop, self._is_held
        return Candidate(
            np.where(held, stop.position, free.position),
            np.where(held, stop.step_velocity, free.step_velocity),
            np.where(held, stop.step_acceleration, free.step_acceleration),
            np.where(held, stop.velocity, free.velocity),
            free.ramp.keeping(held, stop.ramp, stop.elapsed),
            0.0,
            free.period,
        )
