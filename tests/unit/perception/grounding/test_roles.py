"""Target and destination are found by the words and stay until they are gone."""

import numpy as np
import pytest

from vla_core.language.instruction import parse
from vla_core.records.scene import Role, TargetStatus
from vla_perception.grounding.roles import RoleKeeper
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


def sized(number, label, size):
    made = track(number, label)
    made.size = np.full(3, size)
    return made


def locked(words, *tracks):
    """The status with these objects, and the ids of target and destination."""
    parsed = parse(words)
    assert not parsed.reason
    roles = RoleKeeper(GrounderParams())
    roles.start(parsed.task, parsed.excluded)
    for _ in range(GrounderParams().absent_after):
        status, reason = roles.update(list(tracks), is_usable=True)
    ids = {roles.role(t)[0]: t.id for t in tracks}
    return status, reason, ids.get(Role.TARGET), ids.get(Role.DESTINATION)


RED, GREEN = track(1, 'red cube'), track(2, 'green cube')
BLUE_BOX, GREEN_BOX = track(3, 'blue box'), track(4, 'green box')


@pytest.mark.parametrize(
    ('words', 'target', 'destination'),
    [
        ("put the cube that isn't red in the blue box", 2, 3),
        ('put anything but the red cube in the blue box', 2, 3),
        ('put the red cube in the box that is not green', 1, 3),
        ('put the red cube in a box other than the blue one', 1, 4),
        ('put the red cube in the box without touching the green box', 1, 3),
        ('put the red cube in the blue box rather than the green box', 1, 3),
    ],
)
def test_an_excluded_object_is_never_taken(words, target, destination):
    found = locked(words, RED, GREEN, BLUE_BOX, GREEN_BOX)

    assert found[0] == TargetStatus.PRESENT, found[1]
    assert found[2:] == (target, destination)


def test_when_only_the_excluded_object_is_there_it_is_absent_with_the_reason():
    status, reason, *_ = locked('put the non-red cube in the blue box', RED, BLUE_BOX)

    assert status == TargetStatus.ABSENT
    assert reason.startswith('no cube that is no red object detected')


def test_an_object_that_may_be_the_excluded_one_is_not_taken():
    unsure = track(5, 'orange cube')
    unsure.colours['red'] = 0.4

    assert locked('push the non-red cube to the left', unsure)[0] == TargetStatus.ABSENT


@pytest.mark.parametrize(
    ('words', 'sizes', 'status', 'target'),
    [
        ('push the big red cube left', {'red cube': 0.055, 'green cube': 0.04}, 'PRESENT', 1),
        ('push the big red cube left', {'red cube': 0.04, 'green cube': 0.055}, 'ABSENT', None),
        ('push the big red cube left', {'red cube': 0.04, 'green cube': 0.04}, 'ABSENT', None),
        ('push the big red cube left', {'red cube': 0.04}, 'ABSENT', None),
        ('push the big red cube left', {'red cube': 0.04, 'green box': 0.12}, 'ABSENT', None),
        ('push the smallest cube left', {'red cube': 0.04, 'green cube': 0.055}, 'PRESENT', 1),
        ('push the small cube left', {'red cube': 0.04, 'green cube': 0.04}, 'AMBIGUOUS', None),
    ],
)
def test_a_size_is_compared_and_never_taken_on_trust(words, sizes, status, target):
    tracks = [sized(k, label, size) for k, (label, size) in enumerate(sizes.items(), 1)]

    found = locked(words, *tracks)

    assert found[0] == TargetStatus[status]
    assert found[2] == target or status != 'PRESENT'


def test_target_and_destination_are_compared_with_each_other():
    small, large = sized(1, 'blue cube', 0.03), sized(2, 'red cube', 0.055)

    found = locked('stack the smaller cube on the larger cube', small, large)

    assert found[0] == TargetStatus.PRESENT, found[1]
    assert found[2:] == (1, 2)


@pytest.mark.parametrize('shape', ['box', 'ball'])
def test_nothing_is_stacked_on_a_box_or_ball_that_is_called_one(shape):
    status, reason, *_ = locked('put the red cube on the blue one', RED, track(3, f'blue {shape}'))

    assert status == TargetStatus.ABSENT
    assert f'cannot be stacked on a {shape}' in reason


def test_housing_and_front_of_a_drawer_may_be_touched():
    roles = keeper('open the drawer')
    handle, housing, front = (
        track(n, f'gray {s}') for n, s in enumerate(['drawer', 'housing', 'front'])
    )

    roles.update([handle, housing, front], is_usable=True)

    assert [roles.role(t)[0] for t in (housing, front)] == [Role.DESTINATION] * 2
