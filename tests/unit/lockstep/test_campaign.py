"""Many jobs: resumed, summed up, whole after a crash."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

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


POOL = """
import sys, time
from pathlib import Path
from vla_lockstep.campaign import run_jobs
from vla_lockstep.row_log import RowLog

def work(job):
    Path(sys.argv[1], f'began-{job}').touch()
    time.sleep(60)

if __name__ == '__main__':
    try:
        run_jobs([('a', 1), ('b', 2)], work, RowLog(Path(sys.argv[1], 'rows'), 'abc'), 2, 'test')
    except KeyboardInterrupt:
        sys.exit(130)
"""


def alive(group):
    """The processes of a group that have not ended."""
    found = []
    for path in Path('/proc').glob('[0-9]*/stat'):
        with contextlib.suppress(OSError):
            state, _, own = path.read_text().rpartition(')')[2].split()[:3]
            if int(own) == group and state != 'Z':
                found.append(path.parent.name)
    return found


@pytest.mark.parametrize('at', ['the start of the workers', 'work'])
def test_an_interrupt_of_the_terminal_ends_all_processes_quietly(tmp_path, at):
    script = tmp_path / 'pool.py'
    script.write_text(POOL)
    with subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)], stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as running:  # fmt: skip
        began = tmp_path / ('rows' if at != 'work' else 'began-1')
        end = time.monotonic() + 60.0
        while not began.exists() and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.2)
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to every process
        _, said = running.communicate(timeout=30)
    assert running.returncode == 130
    assert 'Traceback' not in said
    end = time.monotonic() + 10.0
    while alive(running.pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert alive(running.pid) == []
