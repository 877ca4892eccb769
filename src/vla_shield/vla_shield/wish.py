"""What a target asks for, and where its motion leads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vla_core.frozen import Array

FOLLOWS = 0.03  # s, targets no further apart are one motion
SMOOTH = 5e-5  # rad, between positions and velocities of two targets, or they are no one motion


@dataclass(frozen=True)
class Wish:
    """What the target asks for, in the robot's order: (n,) rad, rad/s, rad/s^2 at its stamp."""

    position: Array
    velocity: Array
    acceleration: Array

    def after(self, time: float) -> tuple[Array, Array]:
        """Position and velocity, each (n,), `time` s after the stamp, if the motion goes on so."""
        bent = min(max(time, -FOLLOWS), FOLLOWS)  # s, for which the acceleration is believed
        position = self.position + time * self.velocity
        position = position + bent * (time - 0.5 * bent) * self.acceleration
        return position, self.velocity + bent * self.acceleration


def resting(q: Array) -> Wish:
    """Be at `q` (n,) rad and stay."""
    zero = np.zeros(len(q))
    return Wish(q, zero, zero)
