"""Sentences with two everyday meanings are refused, with a hint how to say it."""

import pytest

from vla_core.language.instruction import parse


@pytest.mark.parametrize(
    ('words', 'hint'),
    [
        ('give the red one a push', 'give a direction'),
        ('the red one, push it', 'give a direction'),
        ('the red one, hit it', 'give a direction'),
        ('put the red cube on the toy robot', "'robot'"),
        ('put the red cube on the red robot', "'robot'"),
        ('put the red cube in the box robot', "'robot'"),
        ('robot toy in the blue box', "'robot toy"),
        ('could you push the red cube, right?', "'to the right'"),
        ('could you push the red cube right?', "'to the right'"),
        ('push the red cube, right', "'to the right'"),
        ('would you slide the red cube right??', "'to the right'"),
        ('move the red cube back', "'backwards'"),
        ('slide the red cube back please', "'backwards'"),
        ('shift the red cube back', "'backwards'"),
        ('the red cube, move it back', "'backwards'"),
        ('the red cube should be moved back', 'statement'),
        ('the drawer should be closed now', 'statement'),
        ('the drawer should be open', 'statement'),
        ('the drawer must be closed', 'statement'),
        ('the button should be pressed', 'statement'),
        ('the red cube must be in the blue box', 'statement'),
    ],
)
def test_a_sentence_of_two_meanings_is_refused(refusal, words, hint):
    assert hint in refusal(words)


@pytest.mark.parametrize(
    ('words', 'target'),
    [
        ('put the red cube, sorry, the green cube in the blue box', 'the green cube'),
        ('push the red cube, i mean the blue cube, to the left', 'the blue cube'),
        ('pick up the red cube, sorry, a green cube, and put it in the blue box', 'a green cube'),
    ],
)
def test_an_object_that_is_corrected_is_replaced(words, target):
    assert parse(words).task.target.text == target


@pytest.mark.parametrize(
    'words',
    [
        'stack the red cube on the green cube, sorry, the blue cube',  # in place of which one?
        'put the red cube in the blue box, sorry, the green box',
        'put the red cube, not the green cube, sorry, the blue cube in the box',
        'put the red cube sorry the green cube in the blue box',
        'put the red cube, sorry, in the blue box',
        'push the red cube to the left, sorry, the right',
    ],
)
def test_a_correction_that_may_mean_another_part_is_refused(refusal, words):
    refusal(words)
