"""All checks that need no motion, in the order of the report."""

from __future__ import annotations

from vla_commission.checks import controller, description, graph, joints, rivals, safety, timing
from vla_commission.checks.cameras import cameras
from vla_commission.facts import Facts
from vla_commission.finding import Finding
from vla_core.robot.config import RobotConfig


def static_findings(facts: Facts, robot: RobotConfig, e_stop: str = '') -> list[Finding]:
    """Findings on what was observed while nothing moved; `e_stop`: source of its state."""
    return [
        *graph.inputs(facts, robot),
        *graph.outputs(facts, robot),
        *graph.qos(facts, robot),
        *rivals.rivals(facts, robot),
        *joints.names(facts, robot),
        *joints.positions(facts, robot),
        *joints.velocities(facts, robot),
        *timing.rates(facts, robot),
        *timing.stamps(facts, robot),
        *controller.contract(facts, robot),
        *safety.speed_scaling(facts, robot),
        *safety.emergency_stop(facts, e_stop),
        *cameras(facts, robot),
        *description.limits(facts, robot),
        *description.tips(robot),
    ]
