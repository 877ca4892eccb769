"""Set-up of the lockstep host from the configuration files of the graph."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from vla_control.params import ControlParams
from vla_core.params import from_mapping, load_params, node_parameters
from vla_core.robot.config import load_robot
from vla_core.stack_root import stack_root
from vla_lockstep.episode_plan import LockstepParams, Setup
from vla_monitor.failure.attempt import DetectorParams
from vla_monitor.failure.detector_loading import detector_of
from vla_monitor.rules.extractor import MARKDOWN, find_extractor
from vla_monitor.rules.monitor import RuleMonitor, RuleMonitorParams
from vla_monitor.rules.ruleset import RuleSet, load_rules
from vla_monitor.steering.verifier import Verifier, VerifierParams
from vla_perception.params import GrounderParams
from vla_policy.align import BundlerParams
from vla_shield.params import ShieldParams
from vla_sim.scenes.scene_params import SceneParams
from vla_supervisor.params import ExecutiveParams

T = TypeVar('T')
SCENE = 'config/scenes/tabletop.yaml'
CONFIG = 'config/stack.yaml'


def load_setup(
    robot: str = 'ur5e', config: str | Path = '', scene: str | Path = '', policy: str = ''
) -> Setup:
    """Return the set-up; `config` holds the parameters of the graph's nodes.

    `policy` is the acting policy; a checkpoint may contain a calibrated failure detector.
    """
    path = Path(config or stack_root() / CONFIG)
    nodes = node_parameters(path)

    def given(node: str) -> dict[str, Any]:
        return nodes.get(node, {})

    def part(cls: type[T], node: str, key: str) -> T:
        return from_mapping(cls, given(node).get(key, {}), f'{path}: {node}.{key}')

    supervisor = part(ExecutiveParams, 'supervisor', 'executive')
    unattended = replace(supervisor.response, ask_timeout=0.0)  # a question ends the task
    host = LockstepParams()
    inference_period = host.period * host.policy_every
    detector = part(DetectorParams, 'failure', 'detector')
    monitor_params, rules = part(RuleMonitorParams, 'rules', 'watch'), rules_of(given('rules'))
    built, verifier = load_robot(robot), part(VerifierParams, 'verifier', 'verifier')
    shield = part(ShieldParams, 'shield', 'shield')
    return Setup(
        robot=built,
        scene=load_params(SceneParams, scene or stack_root() / SCENE),
        perception=part(GrounderParams, 'perception', 'grounder'),
        align=part(BundlerParams, 'policy', 'align'),
        control=part(ControlParams, 'control', 'control'),
        shield=shield,
        supervisor=replace(supervisor, response=unattended),
        host=host,
        monitors=(
            lambda: detector_of(detector, policy, inference_period),
            lambda: RuleMonitor(monitor_params, built, rules),
        ),
        verifier=lambda: Verifier(verifier, built, shield),
    )


def rules_of(given: dict[str, Any]) -> RuleSet:
    """The rules of the node with these parameters."""
    return load_rules(given.get('folder', ''), find_extractor(given.get('extractor', MARKDOWN)))
