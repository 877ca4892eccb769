"""What must not be used: a correction with 'but' and an exclusion of unclear place are refused."""

import pytest

from vla_core.language.instruction import parse
from vla_core.records.scene import Verb


@pytest.mark.parametrize(
    'words',
    [
        'put the red cube in the box, not the blue one but the green one',
        'press the button, not the red one but the blue one',
        'put the cube that is not red but blue in the box',
        "put the cube that isn't red but blue in the blue box",
        'push the cube, not the red one but the blue one, to the left',
        'put the red cube in the box not on the blue cube but on the green cube',
        'put the red cube in the box, not in the blue one but in the green one',
        'press the button that is not red but blue',
        'press the button instead of the red one but the blue one',
    ],
)
def test_a_correction_with_but_excludes_nothing(refusal, words):
    assert "'but'" in refusal(words)


def test_an_exception_of_an_exception_is_refused():
    words = 'press the blue button, not the large one except the red one'
    assert parse(words).task.verb == Verb.UNKNOWN


@pytest.mark.parametrize(
    'words',
    [
        'press any button but the red one',
        'press the button but not the red one',
        'put any cube but the red one in any box but the blue box',
    ],
)
def test_but_that_excludes_is_still_understood(words):
    parsed = parse(words)

    assert parsed.task.verb != Verb.UNKNOWN
    assert [p.colour for p in parsed.excluded.target] == ['red']


@pytest.mark.parametrize(
    'words',
    [
        'put any cube in the box except the red one',
        'put any cube in the box but not the red one',
        'put any cube in the blue box instead of the red one',
        'put the cube in the box, just not the red one',
        'put any cube in the box except the red cube',
        'put any cube in the box, but not red',
        'put any cube in the box other than the red one',
        'put the cube in the red box rather than the blue one',
        'put the red cube in the box, not the blue one',
        'put the large thing in the box except the red cube',
        'put a cube on a cube except the red cube',
        'pick up any cube and put it in the box, apart from the red one',
        'the cube goes in the box, not the red one',
        'put in a box any cube except the red one',
    ],
)
def test_a_trailing_exclusion_that_may_mean_either_object_is_refused(refusal, words):
    assert 'may be meant of either object' in refusal(words)


@pytest.mark.parametrize(
    ('words', 'excluded'),
    [
        ('put the red cube in a box except the blue box', ('blue', 'box')),
        ('put any cube in a box other than the blue box', ('blue', 'box')),
        ('put the red one in a box except the blue box', ('blue', 'box')),
        ('put the red cube in a box, but not in the blue one', ('blue', '')),
        ('put the red cube in the blue box, not the green one', ('green', '')),
        ('put the red cube in a box other than the blue one', ('blue', '')),
    ],
)
def test_an_exclusion_that_can_only_mean_the_destination_is_kept(words, excluded):
    parsed = parse(words)

    assert parsed.task.verb == Verb.PUT_IN
    assert parsed.excluded.target == ()
    assert [(p.colour, p.shape) for p in parsed.excluded.destination] == [excluded]
