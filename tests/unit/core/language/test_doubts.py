"""Sentences with two everyday meanings are refused, with a hint how to say it."""

import pytest


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
