"""Target and destination are found by the words and stay until they are gone."""

import numpy as np
import pytest

from vla_core.records.scene import Role, TargetStatus
from vla_perception.grounding.roles import RoleKeeper
from vla_perception.language.instruction import parse
from vla_perception.params import GrounderParams
from vla_perception.tracking.track import Track


def track(number, label):
    colour, shape = label.split()
    made = Track(number, np.zeros(3), 0.0, np.full(3, 0.04), (0, 0, 1, 1))
    made.shapes[shape] = made.colours[colour] = 1
    return made


def keeper(words):
    made = RoleKeeper(GrounderParams())
    made.start(parse(words).task)
    return made


CUBE, BOX, BALL = track(1, 'red cube'), track(2, 'blue box'), track(3, 'green ball')


def test_target_and_destination_get_their_roles_and_the_rest_is_obstacle():
    roles = keeper('put the red cube in the blue box')

    status, reason = roles.update([CUBE, BOX, BALL], is_usable=True)

    assert (status, reason) == (TargetStatus.PRESENT, '')
    assert [roles.role(t)[0] for t in (CUBE, BOX, BALL)] == [
        Role.TARGET,
        Role.DESTINATION,
        Role.OBSTACLE,
    ]


def test_once_found_another_thing_that_fits_does_not_confuse_it():
    roles = keeper('push the red cube to the left')
    roles.update([CUBE], is_usable=True)

    status, _ = roles.update([track(9, 'red cube'), CUBE], is_usable=True)

    assert status == TargetStatus.PRESENT
    assert roles.role(CUBE)[0] == Role.TARGET


def test_a_missing_destination_is_absent_too():
    roles = keeper('put the red cube in the blue box')
    roles.update([CUBE], is_usable=True)

    status, reason = roles.update([CUBE, track(4, 'red box')], is_usable=True)

    assert status == TargetStatus.ABSENT
    assert reason.startswith('no blue box detected; detected: ')


@pytest.mark.parametrize(
    'words', ['press the button', 'open the drawer', 'push the ball to the left']
)
def test_a_thing_of_another_kind_is_never_the_target(words):
    roles = keeper(words)
    roles.update([CUBE, BOX], is_usable=True)

    status, _ = roles.update([CUBE, BOX], is_usable=True)

    assert status == TargetStatus.ABSENT
    assert {roles.role(t)[0] for t in (CUBE, BOX)} == {Role.OBSTACLE}


def test_a_frame_that_cannot_be_used_changes_nothing_that_is_locked():
    roles = keeper('push the red cube to the left')
    roles.update([CUBE], is_usable=True)

    assert roles.update([CUBE], is_usable=False)[0] == TargetStatus.PRESENT


def test_before_anything_is_found_a_bad_frame_is_unknown():
    assert keeper('push the red cube to the left').update([], is_usable=False)[0] == (
        TargetStatus.UNKNOWN
    )
