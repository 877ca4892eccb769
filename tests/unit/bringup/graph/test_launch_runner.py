"""Processes that behave badly in one way each, and the runner that ends them all the same."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vla_bringup.graph import launch_runner
from vla_bringup.graph.launch_file import NodeSpec
from vla_bringup.graph.launch_runner import LaunchRunner

READY = 'import sys, time, signal, os; print("ready", flush=True); '
POLITE = READY + 'time.sleep(60)'
DEAF = 'import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); ' + POLITE
STUBBORN = 'import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); ' + DEAF
SLEEP = 'import time; time.sleep(61)'
PARENT = f'import subprocess, sys; subprocess.Popen([sys.executable, "-c", {SLEEP!r}]); '


def spec(code, name='it', **more):
    return NodeSpec(name, Path(sys.executable), ('-c', code), **more)


class Runner:
    """A runner and what it said."""

    def __init__(self, *specs):
        self.lines = []
        self.runner = LaunchRunner(list(specs), lambda name, line: self.lines.append((name, line)))
        self.runner.start()

    def until(self, condition, seconds=15.0):
        end = time.monotonic() + seconds
        while time.monotonic() < end and not condition():
            self.runner.poll()
            time.sleep(0.01)
        assert condition(), self.lines
        return self

    def ready(self):
        count = len(self.runner.nodes)
        return self.until(lambda: sum(line == 'ready' for _, line in self.lines) >= count)

    def stop(self):
        began = time.monotonic()
        self.runner.stop()
        return time.monotonic() - began


@pytest.fixture
def quick(monkeypatch):
    """The same escalation, ten times as fast."""
    steps = tuple((delay / 10, number) for delay, number in launch_runner.ESCALATION)
    monkeypatch.setattr(launch_runner, 'ESCALATION', steps)


def test_the_escalation_ends_within_five_seconds():
    assert [number for _, number in launch_runner.ESCALATION] == [
        signal.SIGINT, signal.SIGTERM, signal.SIGKILL,
    ]  # fmt: skip
    assert launch_runner.ESCALATION[-1][0] < 5.0


def test_lines_come_with_the_name_of_their_node():
    run = Runner(spec(POLITE, 'a'), spec(POLITE, 'b')).ready()
    run.stop()
    assert {('a', 'ready'), ('b', 'ready')} <= set(run.lines)


@pytest.mark.parametrize('code', [POLITE, DEAF, STUBBORN])
def test_every_process_ends_however_it_takes_its_signals(quick, code):
    run = Runner(spec(code)).ready()
    pid = run.runner.pid('it')
    assert run.stop() < 2.0
    assert not Path(f'/proc/{pid}').exists()


def test_what_a_process_started_ends_with_it(quick):
    run = Runner(spec(PARENT + POLITE)).ready()
    group = run.runner.pid('it')
    run.stop()
    alive = subprocess.run(
        ['pgrep', '-g', str(group)], capture_output=True, text=True, check=False
    )
    states = [Path(f'/proc/{pid}/stat').read_text().split()[2] for pid in alive.stdout.split()]
    assert all(state == 'Z' for state in states)  # at most waiting to be reaped by init


def test_a_process_that_still_imports_ends_without_showing_where(quick):
    run = Runner(spec('import time; time.sleep(60)', 'slow'), spec(POLITE, 'up'))
    run.until(lambda: ('up', 'ready') in run.lines)
    assert run.stop() < 2.0
    assert [line for name, line in run.lines if name == 'slow'] == []


def test_why_a_node_gives_up_is_the_last_thing_that_is_said(capfd):
    says = 'print("[FATAL] [12.5] [b]: cannot configure: no such key", flush=True); '
    nodes = [spec(POLITE, 'a'), spec(says + 'raise SystemExit(3)', 'b', ends_all=True)]
    runner = LaunchRunner(nodes, lambda name, line: None)
    assert launch_runner.run_until_stopped(runner) == 1
    assert capfd.readouterr().err.splitlines() == ['vla: b: cannot configure: no such key']


def test_a_node_that_everything_needs_ends_everything():
    run = Runner(spec(POLITE, 'a'), spec('raise SystemExit(3)', 'b', ends_all=True))
    run.until(lambda: not run.runner.poll())
    assert run.runner.failures == ['b: exit code 3']
    run.stop()


def test_a_node_that_respawns_is_started_again_and_its_end_is_said():
    run = Runner(spec(READY + 'sys.exit(1)', respawn_delay=0.05))
    run.until(lambda: sum(line == 'ready' for _, line in run.lines) >= 2)
    run.stop()
    assert ('it', 'process has ended: exit code 1') in run.lines


LIMITED = {'respawn_delay': 0.05, 'max_respawns': 2}


def test_a_node_that_asks_for_a_restart_is_started_again_a_limited_number_of_times():
    run = Runner(spec(POLITE, 'a'), spec(READY + f'sys.exit({os.EX_TEMPFAIL})', 'b', **LIMITED))
    run.until(lambda: not run.runner.poll())
    run.stop()
    assert run.lines.count(('b', 'ready')) == 3
    assert run.runner.failures == ['b: exit code 75'] * 3


def test_restarts_long_ago_do_not_count(monkeypatch):
    monkeypatch.setattr(launch_runner, 'RESPAWN_WINDOW', 0.0)
    run = Runner(spec(READY + f'sys.exit({os.EX_TEMPFAIL})', 'b', **LIMITED))
    run.until(lambda: run.lines.count(('b', 'ready')) >= 5)
    run.stop()


@pytest.mark.parametrize('end', ['sys.exit(1)', 'os.kill(os.getpid(), 9)'])
def test_a_node_with_limited_restarts_that_does_not_ask_for_one_ends_everything(end):
    run = Runner(spec(POLITE, 'a'), spec(READY + end, 'b', **LIMITED))
    run.until(lambda: not run.runner.poll())
    run.stop()
    assert run.lines.count(('b', 'ready')) == 1


def test_processes_end_when_the_runner_is_killed():
    code = (
        'import sys, time; from pathlib import Path; '
        'from vla_bringup.graph.launch_file import NodeSpec; '
        'from vla_bringup.graph.launch_runner import LaunchRunner; '
        f'r = LaunchRunner([NodeSpec("it", Path(sys.executable), ("-c", {POLITE!r}))]); '
        'r.start(); print(r.pid("it"), flush=True); time.sleep(60)'
    )
    parent = subprocess.Popen([sys.executable, '-c', code], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    assert 'ready' in parent.stdout.readline()
    parent.kill()
    parent.wait()
    end = time.monotonic() + 10.0
    while time.monotonic() < end and is_running(pid):
        time.sleep(0.02)
    assert not is_running(pid)


def is_running(pid):
    try:
        os.kill(pid, 0)
        return Path(f'/proc/{pid}/stat').read_text().split()[2] != 'Z'
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_everything_ends_when_nobody_reads_the_output():
    def closed(name, line):
        raise BrokenPipeError(errno.EPIPE, 'Broken pipe')

    runner = LaunchRunner([spec(POLITE, 'up')], closed)
    with pytest.raises(BrokenPipeError):
        launch_runner.run_until_stopped(runner)
    assert runner.failures == []


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_stop_is_the_exit_code(number):
    def press(name, line):
        if line == 'ready':
            os.kill(os.getpid(), number)

    runner = LaunchRunner([spec(POLITE, 'up')], press)
    assert launch_runner.run_until_stopped(runner) == 128 + number
    assert runner.failures == []
