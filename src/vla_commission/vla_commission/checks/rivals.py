"""Others who move the arm or report its joints."""

from __future__ import annotations

from vla_commission.checks.edges import controller_actions, outputs_of
from vla_commission.facts import Facts
from vla_commission.finding import Finding, fail, ok
from vla_core.robot.config import RobotConfig

STACK = ('control', 'shield', 'supervisor', 'policy')  # nodes of a running stack


def rivals(facts: Facts, robot: RobotConfig) -> list[Finding]:
    """Does anybody else command this robot, or publish its joints?"""
    found = [
        fail(
            'rival.command', f'{publisher.node} publishes {edge.name}, too',
            f'stop {publisher.node}: only the shield may command the robot',
        )
        for edge in outputs_of(robot)
        for publisher in facts.publishers_of(edge.name)
    ]  # fmt: skip
    for action in controller_actions(robot):
        found += [
            fail(
                'rival.action', f'{node} is a client of the action {action}',
                f'stop {node} (MoveIt, a pendant program): its goals replace the commands of '
                f'the shield',
            )
            for node in facts.action_clients.get(action, ())
            if node not in facts.own
        ]  # fmt: skip
    return [*found, *_joint_publishers(facts, robot), *_stack(facts)] or [
        ok('rivals', 'nobody else commands this robot')
    ]


def _joint_publishers(facts: Facts, robot: RobotConfig) -> list[Finding]:
    """More publishers than kinds of messages, or a joint in two kinds: an arm and its gripper may
    have a publisher each."""
    publishers = [p.node for p in facts.publishers_of(robot.joint_states_topic)]
    kinds = {sample.state.names for sample in facts.joints}
    joints = [name for names in kinds for name in set(names) if name in robot.joint_names]
    is_shared = len(set(joints)) < len(joints)
    if len(publishers) < 2 or not kinds or not (is_shared or len(publishers) > len(kinds)):
        return []
    return [fail(
        'rival.joints', f'{" and ".join(publishers)} publish joints of the same arm on '
        f'{robot.joint_states_topic}',
        'stop one of them, or remap it to another topic',
    )]  # fmt: skip


def _stack(facts: Facts) -> list[Finding]:
    names = {facts.full(name) for name in STACK}  # those of another namespace are another robot's
    running = [node for node in facts.nodes if node in names and node not in facts.own]
    if not running:
        return []
    return [fail(
        'rival.stack', f'a stack runs on this ROS domain already: {", ".join(sorted(running))}',
        'stop it before commissioning, or set another ROS_DOMAIN_ID or --namespace',
    )]  # fmt: skip
