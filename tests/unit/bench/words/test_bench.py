"""What the stack acts on is judged against what the sentence permits; the control must fail."""

import argparse
import json

import pytest

from vla_bench.words import bench, control
from vla_bench.words.sentences import LabelledObject, LabelledSentence, WordsAction, read_sentences
from vla_bench.words.trial import decide, refuse

RED, GREEN = LabelledObject('red cube', 0.04), LabelledObject('green cube', 0.04)
BOX = LabelledObject('blue box', 0.12)
IN_BOX = WordsAction('put_in', RED, 'blue box')


def labelled(sentence, *allowed, scene=(RED, GREEN, BOX)):
    return LabelledSentence(sentence, scene, allowed)


@pytest.mark.parametrize(
    ('sentence', 'action'),
    [
        ('put the red cube in the blue box', IN_BOX),
        ("put the cube that isn't green in the box", IN_BOX),
        ('push the green cube left', WordsAction('push', GREEN, 'left')),
        ('put the cube in the blue box', None),
        ('put the yellow cube in the blue box', None),
        ('put the maroon cube in the blue box', None),
        ('Stop!', None),
        ('stop, put the red cube in the blue box', None),
    ],
)
def test_the_stack_acts_or_refuses_with_a_reason(sentence, action):
    outcome = decide(labelled(sentence))

    assert outcome.action == action
    assert bool(outcome.reason) == (action is None)


def test_an_action_that_is_not_permitted_is_wrong_and_a_refusal_never_is():
    good = decide(labelled('put the red cube in the blue box', IN_BOX))
    bad = decide(labelled('put the red cube in the blue box'))
    none = refuse(labelled('put the red cube in the blue box', IN_BOX))

    assert [(o.is_done, o.is_wrong) for o in (good, bad, none)] == [
        (True, False),
        (False, True),
        (False, False),
    ]


def test_one_wrong_action_misses_the_bound():
    right = [decide(labelled('put the red cube in the blue box', IN_BOX))] * 100
    wrong = decide(labelled('put the red cube in the blue box'))

    assert all(f.ok for f in bench.scores('x', right, bench.DONE))
    assert not bench.scores('x', [*right, wrong], bench.DONE)[0].ok
    assert not bench.scores('x', [refuse(o.labelled) for o in right], bench.DONE)[1].ok


@pytest.mark.parametrize('path', [bench.OWN, bench.SHARED], ids=lambda path: path.stem)
def test_no_sentence_of_the_lists_is_acted_on_wrongly(path):
    outcomes = [decide(sentence) for sentence in read_sentences(path)]

    assert not [(o.labelled.sentence, o.action) for o in outcomes if o.is_wrong]


def test_a_parser_that_ignores_what_it_does_not_know_acts_wrongly():
    careless = control.ignore_unknown(labelled('put the maroon cube in the box', scene=(RED, BOX)))

    assert careless.is_wrong
    assert control.known_words('把 put the maroon cube') == ''


def test_a_list_from_anywhere_is_measured(tmp_path, capsys):
    row = {
        'sentence': 'put the red cube in the blue box',
        'scene': [{'label': 'red cube', 'size': 0.04}, {'label': 'blue box', 'size': 0.12}],
        'allowed': [],
    }
    (tmp_path / 'mine.jsonl').write_text(json.dumps(row))
    parser = argparse.ArgumentParser()
    bench.add_arguments(parser)
    given = ['--sentences', str(tmp_path / 'mine.jsonl'), '--out', str(tmp_path)]

    assert bench.run(parser.parse_args(given)) == 1
    result = json.loads((tmp_path / 'result.json').read_text())
    assert result['figures'][0]['name'] == 'mine: wrong actions'
    assert result['figures'][0]['value'] == 1.0
    assert "WRONG 'put the red cube in the blue box'" in capsys.readouterr().out
