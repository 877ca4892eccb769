"""Instructions are parsed to tasks; an unsupported one gives a reason and no task."""

import re

import pytest

from vla_core.language import instruction
from vla_core.language.instruction import parse
from vla_core.language.patterns import WordUse, sentence_matches
from vla_core.records.scene import Verb
from vla_sim.scenes.instructions import TEST, TRAIN

PAIRS = [
    ('put the red cube in the blue box', Verb.PUT_IN),
    ('Please put the red cube into the blue box.', Verb.PUT_IN),
    ('pick up the red block and place it in the blue bin', Verb.PUT_IN),
    ('Could you take the red cube, and drop it inside of the blue tray?', Verb.PUT_IN),
    ('in the blue box put the red cube', Verb.PUT_IN),
    ('the red cube should go in the blue box', Verb.PUT_IN),
    ('put the red cube on the blue tray', Verb.PUT_IN),
    ('fill the blue bowl with the red cube', Verb.PUT_IN),
    ('red cube in blue box', Verb.PUT_IN),
    ('pick up the red cube, then place it in the blue box', Verb.PUT_IN),
    ('hey robot, I need the red cube in the blue box', Verb.PUT_IN),
    ('no, put the red cube in the blue box. Thanks!', Verb.PUT_IN),
    ('put the red-cube in the blue-box', Verb.PUT_IN),
    ('PUT  THE RED CUBE\tIN THE BLUE BOX', Verb.PUT_IN),
    ('Hey robot, could you please put the red cube in the blue box?!', Verb.PUT_IN),
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
def test_what_it_cannot_do_is_unknown_and_it_says_what_it_can(refusal, words):
    assert 'press a button' in refusal(words)


def test_colour_alone_is_a_phrase():
    task = parse('put the green one in the white one').task

    assert (task.target.colour, task.target.shape) == ('green', '')
    assert (task.destination.colour, task.destination.shape) == ('white', '')


@pytest.mark.parametrize(
    ('words', 'named'),
    [
        # table "Words": each row is a kind
        ('wait until I leave, then open the drawer', "for a condition or a time ('wait'"),
        ('press no button', "'no'"),
        ('press the red button before the green button', "'before'"),
        ('press the red button then the blue button', 'more than one task: send them one by one'),
        ('put the maroon cube in the blue box', "I do not know 'maroon'"),
        ('put the striped cube in the blue box', "I do not know 'striped'"),
        ('put the second cube in the blue box', "order or position ('second')"),
        ("put Anna's cube in the blue box", "I do not know 'anna's'"),
        ('put the tall cube in the blue box', "I do not know 'tall'"),
        ('push the red cube 2 m to the left', "number '2'"),
        ('put two red cubes in the blue box', "cannot count, repeat or measure ('two', 'cubes')"),
        ('press the button twice', "'twice'"),
        ('open the drawer halfway', "'halfway'"),
        ('put the red cube on the green cube in the blue box', "'in the blue box' after"),
        ('把 put the red cube in the blue box', "cannot read '把'"),
        ('⛔ put the red cube in the blue box', "cannot read '⛔'"),
        ('relocate the red cube to the left', "did you mean 'move the red cube to the left'?"),
        ('stop', "no task ('stop')"),
        # more of the kinds
        ('put the red cueb in the blue box', "did you mean 'put the red cube in the blue box'?"),
        ('pres the red button', "did you mean 'press the red button'?"),
        ('push the left red cube to the right', "'the left red cube to the right' after 'push'"),
        ('push the red cube to my left', "('my')"),
        ('push the red cube right now', "to push 'the red cube', give a direction"),
        ('slide the red cube right now', "'slide the red cube' is not a whole instruction"),
        ('push the left red cube', "'the left red cube' after 'push'"),
        ('push left red cube', "'left' may be a direction or a part of 'red cube'"),
        ('push the red cube left, right', "'right' after 'push the red cube left'"),
        ('push the red cube to the left of the green cube', "'of the green cube'"),
        ('put the red cube next to the blue box', "('next')"),
        ('put the red cube in the blue box if it is empty', "('if')"),
        ('put the red cube in the blue box unless it is full', "('unless')"),
        ('put the red cube in the blue box with the green one', "'with the green one'"),
        ('press the red button. Press the blue button.', 'more than one task'),
        ('nicht: put the red cube in the blue box', "I do not know 'nicht'"),
        ('put the rouge cube in the blue box', "I do not know 'rouge'"),
        ('put the red cube in the blue box & go', "cannot read '&'"),
        ('put the red cube\u200b in the blue box', 'cannot read'),
        ('press the button?', 'this is a question'),
        ('is the red cube in the blue box', 'question or a statement'),
        ('close open the drawer', "'open the drawer' after 'close'"),
        ('the drawer open', "'open' after 'the drawer'"),
        ('push the thing', 'only a button can be pressed'),
        ('put the orange in the blue box', "'the orange in the blue box' after 'put'"),
        ('get the red cube in the blue box', "'in the blue box'"),
        ('put the red cube in the blue box without touching the blue box', 'and excluded'),
        ('put the blue box in the green box', "does not accept 'the blue box'"),
        ('roll the red cube to the left', "does not accept 'the red cube'"),
        ('put it in the blue box', "('it')"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_by_name(refusal, words, named):
    reason = refusal(words)

    assert named in reason
    assert 'press a button' in reason


@pytest.mark.parametrize(
    ('words', 'target', 'destination'),
    [
        ('put the red cube in the blue box without touching the green box',
         [('green', 'box')], [('green', 'box')]),
        ('put the red cube in the blue box rather than the green box', [], [('green', 'box')]),
        ('put the red cube in the blue box, not in the green one', [], [('green', '')]),
        ("put the cube that isn't red in the blue box", [('red', '')], []),
        ('put the non-red cube in the blue box', [('red', '')], []),
        ('put anything but the red cube in the blue box', [('red', 'cube')], []),
        ('press any button except red', [('red', '')], []),
        ('press the blue button instead of the red one', [('red', '')], []),
    ],
)  # fmt: skip
def test_what_an_object_must_not_be_is_kept_apart(words, target, destination):
    parsed = parse(words)

    assert parsed.task.verb in (Verb.PUT_IN, Verb.PRESS)
    assert [(p.colour, p.shape) for p in parsed.excluded.target] == target
    assert [(p.colour, p.shape) for p in parsed.excluded.destination] == destination


def test_the_direction_is_the_one_that_is_wanted_not_the_one_that_is_not():
    assert parse('push the red cube left instead of right').task.side == 'left'
    assert parse('push the red cube to the right, not to the left').task.side == 'right'


@pytest.mark.parametrize(
    'text',
    [
        'put the red cube ' * 10_000, 'x' * 180_000, '🙂' * 180_000, 'a ' * 150, '7' * 299,
        '', '   ', '\n\t', '???', '...', ',', '-', '"', "'", '\x00', '\ud800', '🙂🙂', '12345',
        'ضع المكعب الأحمر', 'שים את הקובייה', '\u202eput the red cube in the blue box',
        'put', 'the', 'red', 'in', 'put the', 'put the red cube in', 'not', 'and', "don't", '1.5',
        'without touching', 'it it it', 'the the the the', 'ＰＵＴ １', 'é', 'ﬁll',
    ],
    ids=lambda text: ascii(text[:20]),
)  # fmt: skip
def test_an_odd_text_is_refused_shortly(refusal, text):
    assert 10 < len(refusal(text)) < 400


GOOD = [
    *(words for words, _ in PAIRS),
    *(text.format(target='red cube', destination='green cube', side='left')
      for split in (TRAIN, TEST) for verb in (Verb.STACK, Verb.PUSH) for text in split[verb]),
    'put the red cube in the blue box without touching the green box',
    'push the red cube left, not right', 'press the button', 'open the drawer',
    'close the drawer', "put the cube that isn't red in the blue box rather than the green box",
]  # fmt: skip


@pytest.mark.parametrize('words', GOOD)
def test_every_word_of_a_task_has_a_use(words):
    coverage = parse(words).coverage
    written = re.findall(r"[a-z']+", words.lower())

    assert [covered.word for covered in coverage] == written
    assert WordUse.UNUSED not in {covered.use for covered in coverage}
    assert any(covered.use == WordUse.TARGET for covered in coverage)


@pytest.mark.parametrize('more', ['maroon', '7', 'twice', '不', 'if'])
@pytest.mark.parametrize('words', GOOD)
def test_one_more_word_anywhere_is_never_dropped(words, more):
    parts = words.split()
    for k in range(len(parts) + 1):
        longer = ' '.join([*parts[:k], more, *parts[k:]])
        assert parse(longer).task.verb == Verb.UNKNOWN, longer


@pytest.mark.parametrize('split', [TRAIN, TEST])
def test_every_template_of_the_simulator_is_its_task(split):
    for verb, templates in split.items():
        target = {Verb.PRESS: 'red button', Verb.OPEN: 'drawer', Verb.CLOSE: 'drawer'}.get(verb)
        place = 'green cube' if verb == Verb.STACK else 'blue box'
        for text in templates:
            words = text.format(target=target or 'red cube', destination=place, side='left')
            assert parse(words).task.verb == verb, words


def test_two_readings_with_different_meanings_are_refused(monkeypatch):
    both = [
        *sentence_matches(['open', 'the', 'drawer']),
        *sentence_matches(['close', 'the', 'drawer']),
    ]
    monkeypatch.setattr(instruction, 'sentence_matches', lambda words: both)
    assert 'more than one meaning' in parse('open the drawer').reason


@pytest.mark.parametrize(
    'sentence',
    [
        'push the red cube left without touching the green cube',
        'without touching the blue box push the red cube to the right',
        'push the red cube left without touching anything else',
    ],
)
def test_a_push_promises_nothing_about_what_it_touches(sentence):
    parsed = parse(sentence)
    assert parsed.task.verb == Verb.UNKNOWN
    assert 'a push cannot be done' in parsed.reason
