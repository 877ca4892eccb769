"""Lists of sentences are read whole, or the line that is wrong is named."""

import json
from collections import Counter

import pytest

from vla_bench.words import sentences
from vla_bench.words.sentences import OWN, SHARED, read_sentences
from vla_core.errors import UserError

ROW = {
    'sentence': 'push the red cube left',
    'scene': [{'label': 'red cube', 'size': 0.04}],
    'allowed': [{'verb': 'push', 'target': 'red cube', 'target_size': 0.04, 'other': 'left'}],
}


def written(tmp_path, *rows):
    path = tmp_path / 'list.jsonl'
    path.write_text('\n'.join(r if isinstance(r, str) else json.dumps(r) for r in rows))
    return path


def test_a_sentence_has_a_scene_and_what_it_permits(tmp_path):
    found = read_sentences(written(tmp_path, ROW, '', {**ROW, 'allowed': []}))

    assert [s.is_doable for s in found] == [True, False]
    assert found[0].allowed[0].target == found[0].scene[0]


@pytest.mark.parametrize(
    ('row', 'named'),
    [
        ('{', 'line 2'),
        ('[1]', 'line 2'),
        ({'sentence': 'a'}, 'scene'),
        ({**ROW, 'scene': [{'label': 'red phone', 'size': 0.04}]}, 'red phone'),
        ({**ROW, 'scene': [{'label': 'red cube', 'size': float('nan')}]}, 'must be in m'),
        ({**ROW, 'scene': [{'label': '', 'size': 0.04}]}, 'line 2'),
        ({**ROW, 'allowed': [{**ROW['allowed'][0], 'verb': 'fly'}]}, 'fly'),
    ],
)
def test_a_line_that_is_not_labelled_is_named(tmp_path, row, named):
    with pytest.raises(UserError, match=named):
        read_sentences(written(tmp_path, ROW, row))


def test_no_file_and_an_empty_one_are_errors(tmp_path):
    with pytest.raises(UserError, match='cannot read'):
        read_sentences(tmp_path / 'none.jsonl')
    with pytest.raises(UserError, match='no sentence'):
        read_sentences(written(tmp_path, ''))


def test_the_two_lists_cover_every_skill_and_hold_a_third_out():
    own, shared = read_sentences(OWN), read_sentences(SHARED)
    verbs = Counter(action.verb for s in own for action in s.allowed)

    assert len(own) >= 200
    assert len(own) + len(shared) >= 300
    assert sum(s.is_doable for s in own) >= 120
    assert set(verbs) == {'put_in', 'stack', 'push', 'press', 'open', 'close'}
    assert 0.25 <= sum(s.split == 'test' for s in own) / len(own) <= 0.4


def test_what_is_no_file_or_too_large_is_not_read(tmp_path, monkeypatch):
    with pytest.raises(UserError, match='is no file of sentences'):
        read_sentences(tmp_path)
    path = written(tmp_path, ROW)
    monkeypatch.setattr(sentences, 'MOST_BYTES', 10)
    with pytest.raises(UserError, match='at most 10 are read'):
        read_sentences(path)


def test_a_line_that_is_nested_too_deeply_is_named(tmp_path):
    with pytest.raises(UserError, match='line 1'):
        read_sentences(written(tmp_path, '[' * 100_000))
