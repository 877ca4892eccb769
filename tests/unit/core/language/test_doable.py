"""Everyday wordings of a task that are done."""

import pytest

from vla_core.language.instruction import parse
from vla_core.records.scene import Verb


@pytest.mark.parametrize(
    ('words', 'verb', 'side'),
    [
        ('push the red cube to the right now', Verb.PUSH, 'right'),
        ('push the red cube right, now', Verb.PUSH, 'right'),
        ('move the red cube to the blue box', Verb.PUT_IN, ''),
        ('bring the red cube to the blue box', Verb.PUT_IN, ''),
        ('deliver the red cube to the blue box', Verb.PUT_IN, ''),
        ('drop the red cube off in the blue box', Verb.PUT_IN, ''),
        ('the button has to be pressed', Verb.PRESS, ''),
        ('make sure the button is pressed', Verb.PRESS, ''),
        ('put 1 red cube in the blue box', Verb.PUT_IN, ''),
        ('put the red cube in the blue box, okay?', Verb.PUT_IN, ''),
    ],
)
def test_an_everyday_wording_is_done(words, verb, side):
    task = parse(words).task

    assert (task.verb, task.side) == (verb, side)
    assert task.target.shape in ('cube', 'button')


def test_a_place_to_move_to_needs_a_noun_that_can_hold_things():
    assert parse('transfer the red cube to the blue one').task.verb == Verb.UNKNOWN
