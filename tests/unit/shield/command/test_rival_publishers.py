"""Who else commands the robot is named; the shield itself is no rival of its own."""

import pytest

from vla_shield.command.rival_publishers import rival_publisher


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
    found = rival_publisher('/shield', publishers, publishers.__getitem__)
    assert found == (f'other publisher of {text}' if text else '')
