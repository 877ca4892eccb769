"""The lockstep host's set-up from the same files that configure the graph."""

from __future__ import annotations

from pathlib import Path

from vla_control.controller import ControlParams
from vla_core.locate import stack_root
from vla_core.params import load_params
from vla_core.robot import load_robot
from vla_learning.lockstep import HostParams, Setup
from vla_perception.params import GrounderParams
from vla_policy.align import BundlerParams
from vla_shield.params import ShieldParams
from vla_sim.scene_params import SceneParams
from vla_supervisor.terms import ExecutiveParams

SCENE = 'config/scenes/tabletop.yaml'


def load_setup(robot: str = 'ur5e', scene: str | Path | None = None) -> Setup:
    """Everything the lockstep host needs for a robot of config/robots."""
    config = load_robot(robot)
    return Setup(
        robot=config,
        scene=load_params(SceneParams, scene or stack_root() / SCENE),
        perception=GrounderParams(),
        align=BundlerParams(),
        control=ControlParams(),
        shield=ShieldParams(),
        supervisor=ExecutiveParams(),
        host=HostParams(),
    )
