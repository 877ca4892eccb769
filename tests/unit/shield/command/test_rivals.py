"""Who else commands the robot is named; the shield itself is no rival of its own."""

import pytest

from vla_shield.command.rivals import CommandRivals

GOALS = '/arm_controller/follow_joint_trajectory/_action/status'


@pytest.mark.parametrize(
    ('publishers', 'text'),
    [
        ({'/arm': ['/shield'], '/hand': ['/shield']}, ''),
        ({'/arm': ['/shield'], '/hand': []}, ''),
        ({'/arm': ['/shield'], '/hand': ['/shield', '/moveit']}, '/hand: /moveit'),
        ({'/arm': ['/shield', '/lab/shield', '/rqt'], '/hand': []}, '/arm: /lab/shield, /rqt'),
        ({'/arm': ['/shield', '/shield'], '/hand': []}, '/arm: another /shield'),
    ],
)
def test_another_publisher_of_commands_is_named(publishers, text):
    rivals = CommandRivals('/shield', list(publishers), publishers.__getitem__)
    assert rivals.text() == (f'other publisher of {text}' if text else '')


def test_a_goal_of_another_client_is_a_rival_until_it_has_ended():
    publishers = {'/arm': ['/shield'], GOALS: ['/arm_controller']}
    rivals = CommandRivals('/shield', ['/arm'], publishers.__getitem__)
    assert rivals.text() == ''

    rivals.put_goals(GOALS, is_active=True)
    assert '/arm_controller/follow_joint_trajectory' in rivals.text()

    rivals.put_goals(GOALS, is_active=False)
    assert rivals.text() == ''


def test_the_goal_of_a_controller_that_has_left_is_forgotten():
    publishers = {GOALS: ['/arm_controller']}
    rivals = CommandRivals('/shield', [], publishers.__getitem__)
    rivals.put_goals(GOALS, is_active=True)
    publishers[GOALS] = []
    assert rivals.text() == ''
