"""Instructions are parsed to tasks; an unsupported one gives a reason and no task."""

import pytest

from vla_core.records.scene import Verb
from vla_perception.language.instruction import normalise, parse


class OneWord:
    """A matcher that knows one synonym, so that no test here loads a model."""

    def __init__(self, word, known):
        self.word, self.known = word, known

    def find(self, word, table):
        return self.known if word == self.word else ''


PAIRS = [
    ('put the red cube in the blue box', Verb.PUT_IN),
    ('Please put the red cube into the blue box.', Verb.PUT_IN),
    ('pick up the red block and place it in the blue bin', Verb.PUT_IN),
    ('Could you take the red cube, and drop it inside of the blue tray?', Verb.PUT_IN),
    ('in the blue box put the red cube', Verb.PUT_IN),
    ('the red cube should go in the blue box', Verb.PUT_IN),
    ('put the red cube on the blue tray', Verb.PUT_IN),
    ('fill the blue bowl with the red cube', Verb.PUT_IN),
]


@pytest.mark.parametrize(('words', 'verb'), PAIRS)
def test_every_way_to_say_put_in_names_the_same_task(words, verb):
    task = parse(words).task

    assert task.verb == verb
    assert (task.target.colour, task.target.shape) == ('red', 'cube')
    assert (task.destination.colour, task.destination.shape) == ('blue', 'box')
    assert task.side == ''


@pytest.mark.parametrize(
    'words',
    [
        'stack the small violet cube on top of the big turquoise can',
        'put the small purple block onto the large cyan cylinder',
        'place the tiny purple cube on the huge cyan can',
    ],
)
def test_stacking_names_both_things_with_their_sizes(words):
    task = parse(words).task

    assert task.verb == Verb.STACK
    assert (task.target.colour, task.target.shape, task.target.size) == ('purple', 'cube', 'small')
    destination = task.destination
    assert (destination.colour, destination.shape, destination.size) == (
        'cyan',
        'cylinder',
        'large',
    )


@pytest.mark.parametrize(
    ('words', 'side'),
    [
        ('push the red cube to the left', 'left'),
        ('slide the red cube right', 'right'),
        ('push left the red cube', 'left'),
        ('push the left red cube to the right', 'right'),
        ('shove the red cube to the right hand side', 'right'),
        ('move the red block away', 'forward'),
        ('nudge the red cube backwards', 'back'),
        ('slide red cube to the left of the table', 'left'),
    ],
)
def test_pushing_needs_a_side(words, side):
    task = parse(words).task

    assert (task.verb, task.side) == (Verb.PUSH, side)
    assert (task.target.colour, task.target.shape) == ('red', 'cube')


@pytest.mark.parametrize(
    ('words', 'verb', 'shape'),
    [
        ('press the button', Verb.PRESS, 'button'),
        ('push the button', Verb.PRESS, 'button'),
        ('hit the red button', Verb.PRESS, 'button'),
        ('press the red one', Verb.PRESS, 'button'),
        ('open the drawer', Verb.OPEN, 'drawer'),
        ('pull the drawer open', Verb.OPEN, 'drawer'),
        ('slide open the drawer', Verb.OPEN, 'drawer'),
        ('close the drawer', Verb.CLOSE, 'drawer'),
        ('push the drawer shut', Verb.CLOSE, 'drawer'),
        ('shut the drawer', Verb.CLOSE, 'drawer'),
    ],
)
def test_buttons_are_pressed_and_drawers_opened_and_closed(words, verb, shape):
    task = parse(words).task

    assert (task.verb, task.target.shape) == (verb, shape)


@pytest.mark.parametrize(
    'words',
    [
        '',
        'sing a song',
        'is there a red cube',
        "don't press the button",
        'put the banana in the box',
        'put the red cube next to the blue box',
        'put the red cube to the left of the blue cube',
        'put the red cube and the green cube in the box',
        'open the drawer and press the button',
        'open the box',
        'press the red cube',
        'push the red cube',
        'put the red cube in the green cube',
        'pick up the red cube',
        'destroy the red cube',
    ],
)
def test_what_it_cannot_do_is_unknown_and_it_says_what_it_can(words):
    parsed = parse(words)

    assert parsed.task.verb == Verb.UNKNOWN
    assert 'press a button' in parsed.reason


def test_an_unknown_noun_is_replaced_by_a_similar_one():
    task = parse('put the red cube in the hamper', OneWord('hamper', 'basket')).task

    assert (task.verb, task.destination.shape) == (Verb.PUT_IN, 'box')


def test_an_unknown_verb_is_replaced_by_a_similar_one():
    task = parse('relocate the red cube to the left', OneWord('relocate', 'move')).task

    assert (task.verb, task.side) == (Verb.PUSH, 'left')


def test_a_similar_word_does_not_make_sense_of_nonsense():
    assert parse('sing a song', OneWord('sing', 'hit')).task.verb == Verb.UNKNOWN


def test_colour_alone_is_a_phrase():
    task = parse('put the green one in the white one').task

    assert (task.target.colour, task.target.shape) == ('green', '')
    assert (task.destination.colour, task.destination.shape) == ('white', '')


def test_politeness_and_punctuation_do_not_matter():
    assert normalise('Hey robot, could you please press the button?!') == 'press the button'
