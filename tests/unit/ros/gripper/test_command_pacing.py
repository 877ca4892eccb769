"""A new command at once, an unchanged one now and then."""

import numpy as np

from vla_core.records.action import Trajectory
from vla_ros.gripper.command_pacing import EVERY, CommandPacing


def command(joint):
    return Trajectory(0.0, ('finger',), np.array([0.01]), np.array([[joint]]), np.zeros((1, 1)))


def test_an_unchanged_command_is_sent_every_tenth_cycle():
    pacing = CommandPacing()
    sent = [pacing.is_due(command(0.04)) for _ in range(3 * EVERY)]
    assert [k for k, due in enumerate(sent) if due] == [0, EVERY, 2 * EVERY]


def test_a_new_command_is_sent_at_once():
    pacing = CommandPacing()
    assert [pacing.is_due(command(joint)) for joint in (0.04, 0.04, 0.03, 0.03, 0.04)] == [
        True, False, True, False, True,
    ]  # fmt: skip
