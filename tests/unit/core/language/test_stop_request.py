"""A request to stop is recognised in any wording; a task is never taken for one."""

import pytest

from vla_core.language.stop_request import is_stop_request
from vla_sim.scenes.instructions import TEST, TRAIN

STOPS = [
    'Stop!', 'stop now', 'please stop', 'halt', 'freeze', 'STOP', 'stop stop stop', 'sTOOOP!!!',
    's t o p', 'ＳＴＯＰ', 'st\u200bop', 'stpo', 'sto', 'robot, stop please', 'stop it', 'cancel',
    'no, stop', 'would you please stop', 'I said stop', 'stop what you are doing', "don't. Stop!",
    'stop pushing the red cube', 'put the red cube in the blue box and stop', "don't move",
    'Don’t!', 'do not move', 'no!', 'no no no', 'wait', 'wait a moment', 'Wait! not that one',
    'hold on', 'stand still', 'enough', 'emergency stop', 'E-STOP', 'abort', 'freeze!!', 'pause',
    'whoa', '停', 'стоп', 'توقف', 'arrête', '止まれ', 'stop ' * 40_000,
    # said by the way, inflected, or run together
    'hang on!', 'hold up', 'wait a sec', 'shut it down', 'turn it off', 'never mind', 'forget it',
    'stopping', 'stopstopstop', 'pause the robot', 'quit moving', 'hold your position',
    "I said don't move", "don't touch it", 'kill it', 'it did not stop', 'you never stop',
    'does it not stop', "you don't stop", 'hold on a sec, not that one',
    'nevermind', 'turn the robot off', 'turn off the robot', 'switch it off', 'power it down',
    'shut the whole thing down', 'stand down', 'back off', 'knock it off', 'cut it out',
    'leave it alone', 'just wait a bit please', 'halting',
    'freezing', 'you must not move', "please don't move the arm",
    "if you don't stop I pull the plug", 'stahp',
    'forget about it', 'never mind the cube', 'kill the power', 'hands off', 'do not touch that',
]  # fmt: skip
NO_STOPS = [
    '', 'put the red cube in the blue box', "don't stop", 'do not stop pushing', 'never stop',
    'no, put the red cube in the green box', 'wait until I leave, then open the drawer',
    'put the red cube in the blue box, not the green one', 'press and hold the button', 'push',
    'put', 'press', 'drop', "don't put the red cube in the blue box", 'place it', 'in', 'shut it',
    'the top cube', "please don't stop", 'press the switch down', 'asdf', '🙂', 'x' * 100_000,
]  # fmt: skip


@pytest.mark.parametrize('text', STOPS, ids=lambda text: text[:30])
def test_every_wording_of_stop_is_one(text):
    assert is_stop_request(text)


@pytest.mark.parametrize('text', NO_STOPS, ids=lambda text: text[:30])
def test_what_does_not_say_stop_is_none(text):
    assert not is_stop_request(text)


def test_no_instruction_of_the_simulator_is_a_stop():
    templates = [t for split in (TRAIN, TEST) for group in split.values() for t in group]

    assert not [text for text in templates if is_stop_request(text)]


@pytest.mark.parametrize(
    'words',
    ['sotp the robot', 'sotp it', 'caancel the task', 'puase', 'wiat', 'hodl on', 'hlat',
     'push the red cube left. Sotp!'],
)  # fmt: skip
def test_a_misspelled_stop_stops_wherever_it_stands(words):
    assert is_stop_request(words)


@pytest.mark.parametrize(
    'words',
    ["don't sotp", 'put the cube on top of the box', 'push the gold cube left',
     'put the spot in the box', 'press the button halfway'],
)  # fmt: skip
def test_another_word_is_no_misspelled_stop(words):
    assert not is_stop_request(words)
