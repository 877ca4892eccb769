"""What is read from the messages after a kill, and the figures that are made of it."""

import math
import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from vla_bench.faults.observer import ReceivedMessage
from vla_bench.kills.bench import figures, is_recovered
from vla_bench.kills.stacks import catches, file_of, shared_memory, threads
from vla_bench.kills.trial import DELAY, KillPlan, by_node, is_back, longest, longest_cycle


def beat(at, node='policy', state='active', stamp=0.0):
    return ReceivedMessage(at, SimpleNamespace(node=node, state=state, stamp=stamp))


def row(recovery=5.0, **more):
    rest = {'is_moving': True, 'started': 4.0, 'first_report': 0.01, 'cycle': 0.01}
    slow = {'silence': 0.02, 'slowest_node': 'rules', 'slowest_silence': 0.06}
    return {**rest, **slow, 'cycle_before': 0.01, 'recovery': recovery, **more}


def named(rows, name):
    (found,) = [figure for figure in figures('policy', rows) if figure.name == name]
    return found


def test_silence_counts_from_the_beginning_and_to_the_end():
    assert longest([1.0, 1.1, 1.5], 0.9, 1.6) == pytest.approx(0.4)
    assert longest([1.0], 0.2, 1.1) == pytest.approx(0.8)
    assert longest([1.0], 0.9, 3.0) == pytest.approx(2.0)
    assert longest([], 1.0, 3.0) == pytest.approx(2.0)


def test_a_message_outside_of_the_window_does_not_shorten_a_silence():
    assert longest([0.5, 2.5], 1.0, 2.0) == pytest.approx(1.0)


def test_only_an_active_heartbeat_after_the_kill_is_a_recovery():
    assert is_back(beat(9.0, stamp=3.0), 'policy', 2.0)
    assert not is_back(beat(9.0, stamp=1.0), 'policy', 2.0)
    assert not is_back(beat(9.0, stamp=3.0, state='inactive'), 'policy', 2.0)
    assert not is_back(beat(9.0, stamp=3.0, node='rules'), 'policy', 2.0)


def test_heartbeats_are_sorted_by_node():
    beats = [beat(1.0, 'rules'), beat(1.1), beat(1.2, 'rules')]
    assert by_node(beats) == {'rules': [1.0, 1.2], 'policy': [1.1]}


def test_half_of_the_kills_come_while_the_arm_moves_at_moments_that_can_be_repeated():
    plans = [KillPlan('policy', 7, k) for k in range(10)]
    assert sum(plan.is_moving for plan in plans) == 5
    assert [p.delay for p in plans] == [KillPlan('policy', 7, k).delay for k in range(10)]
    assert len({plan.delay for plan in plans}) == 10
    assert KillPlan('policy', 8, 0).delay != plans[0].delay
    assert all(DELAY[0] <= plan.delay <= DELAY[1] for plan in plans)


@pytest.mark.parametrize('recovery', [10.5, math.nan])
def test_a_node_that_is_late_or_does_not_come_back_is_not_recovered(recovery):
    assert is_recovered(row())
    assert not is_recovered(row(recovery))
    rows = [row()] * 99
    assert named(rows + [row()], 'policy recovered within 10 s').ok
    share = named(rows + [row(recovery)], 'policy recovered within 10 s')
    assert (share.value, share.n, share.ok) == (0.99, 100, False)


def test_a_graph_that_was_not_ready_is_no_kill_but_breaks_a_bound():
    error = {'is_moving': True, 'is_killed': False, 'error': 'the arm does not move'}
    assert named([row(), error], 'policy recovered within 10 s').n == 1
    assert not named([row(), error], 'graph not ready for the next kill').ok


def test_a_graph_that_ended_after_the_kill_is_a_kill_that_was_not_recovered():
    error = {'is_moving': True, 'is_killed': True, 'error': 'the graph ended'}
    assert named([row(), error], 'policy recovered within 10 s').value == 0.5


def test_the_longest_cycle_of_the_shield_has_a_bound_and_a_deaf_bench_none():
    name = 'cycle of the shield, longest'
    assert (named([row(), row(cycle=0.9)], name).value, named([row(cycle=0.9)], name).ok) == (
        0.9, False,
    )  # fmt: skip
    assert named([row(silence=0.9)], name).ok


def report(cycle, stamp):
    return SimpleNamespace(cycle=cycle, stamp=stamp)


def test_a_lost_report_is_no_long_cycle_of_the_shield():
    regular = [report(k, 0.01 * k) for k in range(10)]
    assert longest_cycle(regular) == pytest.approx(0.01)
    assert longest_cycle(regular[:3] + regular[7:]) == pytest.approx(0.01)
    stopped = [*regular, report(10, 1.09)]
    assert longest_cycle(stopped) == pytest.approx(1.0)
    assert longest_cycle(stopped[:5] + stopped[-1:]) == pytest.approx(1.0)
    assert math.isnan(longest_cycle([report(0, 0.0)]))


def test_the_time_to_start_a_process_is_told_from_the_time_to_bring_it_up():
    rows = [row(5.0, started=4.5), row(9.0, started=7.0), row(math.nan, started=math.nan)]
    longest_up = named(rows, 'first heartbeat to active, longest')
    assert (longest_up.value, longest_up.n) == (2.0, 2)


def test_the_threads_of_a_process_are_listed():
    text = threads(os.getpid())
    assert f'{os.getpid()} ' in text
    assert 'State R' in text
    assert threads(2**22 + 1) == 'no such process'


def test_a_lock_in_shared_memory_is_named_by_its_file():
    maps = (
        '7f0db01ca000-7f0db01d0000 rw-s 00000000 00:1a 33 /dev/shm/fastrtps_port24663\n'
        '7f0db0200000-7f0db0210000 rw-p 00000000 00:00 0\n'
        '7ffce2614000-7ffce2616000 rw-p 00000000 00:00 0 [stack]'
    )
    shared = shared_memory(maps)
    waits = file_of('202 0x7f0db01ca170 0x109 0x2 0x7ffce26145d0 0x0', shared)
    assert waits == 'lock in /dev/shm/fastrtps_port24663 at 0x170, '
    assert file_of('202 0x7f0db0200010 0x189 0x2', shared) == ''
    assert file_of('running', shared) == ''


def test_only_a_process_that_handles_the_signal_gets_it():
    program = 'import faulthandler, signal, sys\n{}\nprint(flush=True)\nsys.stdin.read()'
    for line, expected in (('', False), ('faulthandler.register(signal.SIGUSR1)', True)):
        with subprocess.Popen(
            [sys.executable, '-c', program.format(line)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        ) as process:  # fmt: skip
            process.stdout.readline()
            assert catches(process.pid, signal.SIGUSR1) is expected
            process.stdin.close()
