"""Modules of an episode that may be replaced, for comparison: see `Lockstep.run`."""

from __future__ import annotations

from typing import cast

from vla_lockstep.lockstep import Run
from vla_lockstep.no_shield import NoShield
from vla_lockstep.true_perception import TruePerception
from vla_perception.grounder import Grounder
from vla_shield.shield import Shield


def without_shield(run: Run) -> None:
    """Send every target to the robot."""
    run.shield = cast(Shield, NoShield(run.sim.robot))


def with_true_perception(run: Run) -> None:
    """Take the objects from the simulator."""
    run.grounder = cast(Grounder, TruePerception(run.grounder, run.sim))
