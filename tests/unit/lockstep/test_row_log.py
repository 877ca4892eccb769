"""Rows are gone on with only by the code and the weights that made them."""

import json

import pytest

from vla_core.errors import UserError
from vla_lockstep import row_log
from vla_lockstep.campaign import run_jobs
from vla_lockstep.row_log import RowLog, made_by, read_rows, weights

JOBS = [('a', 1), ('b', 2)]


def succeed(job):
    return {'success': True, 'job': job}


def again(job):
    return {'success': True, 'job': 10 * job}


def played(log, work, jobs=JOBS):
    return [row['job'] for row in run_jobs(jobs, work, log, 1, 'test')]


@pytest.fixture
def path(tmp_path):
    return tmp_path / 'rows.jsonl'


def test_rows_of_other_code_are_played_again_and_one_line_says_so(path, capsys):
    played(RowLog(path, 'old'), succeed, JOBS[:1])
    assert played(RowLog(path, 'new'), again) == [10, 20]
    said = capsys.readouterr().out
    assert said == f'{path}: 1 rows of old not used, episodes are run again; this is new\n'
    assert played(RowLog(path, 'new'), succeed) == [10, 20]
    assert capsys.readouterr().out == ''


def test_rows_set_aside_are_not_lost(path):
    played(RowLog(path, 'old'), succeed)
    played(RowLog(path, 'new'), again)
    assert played(RowLog(path, 'old'), again) == [1, 2]


def test_rows_that_do_not_say_of_what_they_are_are_set_aside(path, capsys):
    path.write_text(json.dumps({'key': 'a', 'success': True, 'job': 1}) + '\n')
    assert played(RowLog(path, 'new'), again, JOBS[:1]) == [10]
    assert '1 rows of unknown' in capsys.readouterr().out


def test_data_is_kept_when_the_code_goes_on_and_one_line_says_so(path, capsys):
    played(RowLog(path, 'old', keeps_old=True), succeed, JOBS[:1])
    assert played(RowLog(path, 'new', keeps_old=True), again) == [1, 20]
    assert capsys.readouterr().out == f'{path}: 1 rows of old kept; this is new\n'


def test_a_line_cut_short_is_left_out_and_does_not_spoil_the_next(path):
    played(RowLog(path, 'new'), succeed, JOBS[:1])
    path.write_text(path.read_text() + '{"key": "b", "succ')
    assert list(read_rows(path)) == ['a']
    played(RowLog(path, 'new'), succeed)
    assert list(read_rows(path)) == ['a', 'b']


@pytest.mark.parametrize('name', ['policy.safetensors', 'policy.json', 'monitor/band.json'])
def test_another_checkpoint_is_another_origin(tmp_path, name):
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b'one')
    first = made_by(str(tmp_path))
    assert made_by(str(tmp_path)) == first
    file.write_bytes(b'two')
    assert made_by(str(tmp_path)) != first


def test_a_commit_or_other_changes_are_another_origin(monkeypatch):
    found = set()
    for commit, changes in (('1', ''), ('2', ''), ('2+changes', 'a'), ('2+changes', 'b')):
        monkeypatch.setattr(row_log, 'commit', lambda commit=commit: commit)
        monkeypatch.setattr(row_log, 'changes', lambda changes=changes: changes)
        found.add(made_by('scripted'))
    assert found == {'1', '2', '2+changes a', '2+changes b'}


def test_a_scripted_policy_has_no_weights_and_an_unknown_one_is_refused():
    assert weights('scripted') == ''
    with pytest.raises(UserError, match='no policy'):
        weights('out/nowhere')
