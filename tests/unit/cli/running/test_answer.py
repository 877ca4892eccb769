"""Arguments of ./vla answer become requests to the supervisor."""

import argparse

import pytest

from vla_cli.running.answer import request_of
from vla_interfaces.srv import Answer
from vla_report.terminal import Screen

KINDS = Answer.Request


@pytest.mark.parametrize(
    ('words', 'answer', 'instruction'),
    [
        (['continue'], KINDS.CONTINUE, ''),
        (['STOP'], KINDS.STOP, ''),
        (['press', 'the', 'button'], KINDS.INSTRUCTION, 'press the button'),
        (['stop the drawer'], KINDS.INSTRUCTION, 'stop the drawer'),
    ],
)
def test_words_become_an_answer(words, answer, instruction):
    request = request_of(argparse.Namespace(words=words, seed=5))
    assert (request.answer, request.instruction, request.seed) == (answer, instruction, 5)


def test_a_question_rings_once_and_says_how_to_answer(capsys):
    screen = Screen()
    for _ in range(3):
        screen.ask('It is failing. Go on, stop, or do something else?')
    screen.ask('')
    said = capsys.readouterr().out
    assert said.count('It is failing') == 1
    assert './vla answer' in said
