"""Many jobs: resumed, summed up, whole after a crash."""

import json

import pytest

from vla_learning.campaign import read_rows, run_jobs, summary


def succeed(job):
    return {'success': True, 'job': job}


def refuse(job):
    raise RuntimeError(f'must not run {job}')


def test_what_is_done_is_not_done_again(tmp_path):
    log = tmp_path / 'rows.jsonl'
    jobs = [('a', 1), ('b', 2)]
    run_jobs(jobs, succeed, log, 1, 'test')
    rows = run_jobs(jobs, refuse, log, 1, 'test')
    assert [row['job'] for row in rows] == [1, 2]


def test_only_what_is_missing_runs(tmp_path):
    log = tmp_path / 'rows.jsonl'
    run_jobs([('a', 1)], succeed, log, 1, 'test')
    rows = run_jobs([('a', 7), ('b', 2)], succeed, log, 1, 'test')
    assert [row['job'] for row in rows] == [1, 2]


def test_a_line_cut_short_is_run_again(tmp_path):
    log = tmp_path / 'rows.jsonl'
    log.write_text(json.dumps({'key': 'a', 'success': True, 'job': 1}) + '\n{"key": "b", "succ')
    assert list(read_rows(log)) == ['a']


def test_worker_processes_give_the_same_rows(tmp_path):
    jobs = [(str(k), {'success': True, 'job': k}) for k in range(3)]
    rows = run_jobs(jobs, dict, tmp_path / 'rows.jsonl', 2, 'test')
    assert [row['job'] for row in rows] == [0, 1, 2]


def test_an_error_in_a_job_is_not_swallowed(tmp_path):
    with pytest.raises(RuntimeError, match='must not run'):
        run_jobs([('a', 1)], refuse, tmp_path / 'rows.jsonl', 1, 'test')


def test_the_summary_counts_what_succeeded():
    assert summary([{'success': True}, {'success': False}, {}]) == '1/2 ok'
