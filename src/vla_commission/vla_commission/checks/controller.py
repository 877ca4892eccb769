"""Parameters of the live controllers against the contract of the robot file."""

from __future__ import annotations

from vla_commission.facts import Facts
from vla_commission.finding import Finding, fail, ok, skipped
from vla_core.robot.config import RobotConfig
from vla_core.robot.controller_parameters import RESTART, mismatches


def contract(facts: Facts, robot: RobotConfig) -> list[Finding]:
    """Does each controller behave as the robot file says?"""
    found = []
    for arm in robot.arms:
        node = arm.controller.node_of(arm.command_topic)
        parameters = facts.parameters.get(node)
        if parameters is None:
            found.append(skipped(
                'controller', f'{node} has no parameter service: its restart rule is taken from '
                f'the robot file ({arm.controller.restart})',
            ))  # fmt: skip
            continue
        texts = mismatches(arm.controller, arm.joint_names, node, parameters)
        for text in texts:
            measured, _, change = text.partition('; ')
            check = 'controller.restart' if RESTART in measured else 'controller.parameter'
            found.append(fail(check, measured, change))
        if not texts:
            found.append(ok('controller', f'{node} is configured as the robot file says'))
    return found
