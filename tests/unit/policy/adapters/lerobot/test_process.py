"""The process of a policy: its start, its death, and that it never outlives this one."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vla_core.errors import UserError
from vla_policy.adapters.connection import NoAnswerError
from vla_policy.adapters.lerobot.process import PolicyProcess

FAKE = Path(__file__).parent / 'fake_server.py'


def is_alive(pid):
    """False for a process that has ended, and for one that nobody has waited for yet."""
    try:
        state = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0]
    except OSError:
        return False
    return state != 'Z'


def wait_until(is_so, seconds=20.0):
    until = time.monotonic() + seconds
    while not is_so() and time.monotonic() < until:
        time.sleep(0.05)
    return is_so()


def test_it_reports_its_port_whatever_a_library_prints(started):
    process = started()
    port = process.wait()
    assert 1024 < port < 65536
    assert process.port() == port


@pytest.mark.parametrize(
    ('what', 'words'),
    [
        ('unloadable', 'it has ended: OSError: no weights'),
        ('silent', 'it has ended: last output: ModuleNotFoundError: No module named lerobot'),
    ],
)
def test_a_start_that_fails_says_why(started, what, words):
    with pytest.raises(UserError, match=words):
        started(what).wait()


def test_a_start_that_takes_too_long_is_ended(started):
    process = started('sleeping')
    with pytest.raises(UserError, match='not ready within 1 s'):
        process.wait(1.0)
    assert not is_alive(process.pid)


def test_a_python_that_is_none_is_named(tmp_path):
    with pytest.raises(UserError, match='nowhere: No such file'):
        PolicyProcess([str(tmp_path / 'nowhere')])


def test_it_ends_with_its_owner(started):
    process = PolicyProcess([sys.executable, str(FAKE), 'usual'])
    process.wait()
    pid = process.pid
    del process
    assert not is_alive(pid)


def test_it_is_started_again_after_its_death_but_not_at_once(started):
    class Clock:
        now = 0.0

        def __call__(self):
            return self.now

    clock = Clock()
    process = started(clock=clock)
    process.wait()
    first = process.pid
    os.kill(first, 9)
    assert wait_until(lambda: not is_alive(first))
    with pytest.raises(NoAnswerError, match=r'has ended \(-9\): last output: text of a library'):
        process.port()
    assert process.pid == first
    clock.now = 6.0
    with pytest.raises(NoAnswerError, match=r'has ended \(-9\)'):
        process.port()
    assert process.pid != first
    with pytest.raises(NoAnswerError, match='starting again'):
        process.port()
    process.wait()
    assert process.port() > 0


def test_it_ends_when_this_process_is_killed(tmp_path):
    """An owner that is killed can end nothing: the child watches it."""
    code = (
        'import sys, time; from vla_policy.adapters.lerobot.process import PolicyProcess; '
        'p = PolicyProcess([sys.executable, sys.argv[1], "usual"]); p.wait(); '
        'print(p.pid, flush=True); time.sleep(60)'
    )
    owner = subprocess.Popen(
        [sys.executable, '-c', code, str(FAKE)], stdout=subprocess.PIPE, text=True
    )
    try:
        pid = int(owner.stdout.readline())
        assert is_alive(pid)
    finally:
        owner.kill()
        owner.wait()
    assert wait_until(lambda: not is_alive(pid))
