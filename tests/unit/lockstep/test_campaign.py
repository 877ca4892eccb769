"""Many jobs: resumed, summed up, whole after a crash."""

import pytest

from vla_lockstep.campaign import run_jobs, summary
from vla_lockstep.row_log import RowLog


def log_in(folder):
    return RowLog(folder / 'rows.jsonl', 'abc')


def succeed(job):
    return {'success': True, 'job': job}


def refuse(job):
    raise RuntimeError(f'must not run {job}')


def test_what_is_done_is_not_done_again(tmp_path):
    log = log_in(tmp_path)
    jobs = [('a', 1), ('b', 2)]
    run_jobs(jobs, succeed, log, 1, 'test')
    rows = run_jobs(jobs, refuse, log, 1, 'test')
    assert [row['job'] for row in rows] == [1, 2]


def test_only_what_is_missing_runs(tmp_path):
    log = log_in(tmp_path)
    run_jobs([('a', 1)], succeed, log, 1, 'test')
    rows = run_jobs([('a', 7), ('b', 2)], succeed, log, 1, 'test')
    assert [row['job'] for row in rows] == [1, 2]


def test_worker_processes_give_the_same_rows(tmp_path):
    jobs = [(str(k), {'success': True, 'job': k}) for k in range(3)]
    rows = run_jobs(jobs, dict, log_in(tmp_path), 2, 'test')
    assert [row['job'] for row in rows] == [0, 1, 2]


def test_an_error_in_a_job_is_not_swallowed(tmp_path):
    with pytest.raises(RuntimeError, match='must not run'):
        run_jobs([('a', 1)], refuse, log_in(tmp_path), 1, 'test')


def test_the_summary_counts_what_succeeded():
    assert summary([{'success': True}, {'success': False}, {}]) == '1/2 ok'
