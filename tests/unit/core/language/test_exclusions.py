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
def test_a_correction_with_but_excludes_nothing(words):
    parsed = parse(words)

    assert parsed.task.verb == Verb.UNKNOWN
    assert "'but'" in parsed.reason


def test_an_exception_of_an_exception_is_refused():
    words = 'press the blue button, not the large one except the red one'
    assert parse(words).task.verb == Verb.UNKNOWN


@pytest.mark.parametrize(
    'words',
    [
        'press any button but the red one',
        'press the button but not the red one',
        'put any cube but the red one in any box but the blue one',
    ],
)
def test_but_that_excludes_is_still_understood(words):
    parsed = parse(words)

    assert parsed.task.verb != Verb.UNKNOWN
    assert [p.colour for p in parsed.excluded.target] == ['red']
