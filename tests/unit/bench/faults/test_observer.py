"""Arrival times are known on one clock, however late the observer is scheduled."""

import threading
import time
from types import SimpleNamespace

import pytest

from vla_bench.faults import observer
from vla_bench.faults.observer import steady_offset, system_now

NEVER = float('nan')


def test_the_offset_of_the_clocks_is_measured():
    found = steady_offset(NEVER)
    assert found == pytest.approx(time.monotonic() - system_now(), abs=0.02)


def test_a_thread_preempted_between_two_clocks_keeps_the_last_offset(monkeypatch):
    clock = iter([10.0, 10.1])
    monkeypatch.setattr(observer.time, 'monotonic', lambda: next(clock))
    monkeypatch.setattr(observer, 'system_now', lambda: 110.1)
    assert steady_offset(-100.0) == -100.0


def test_without_an_earlier_offset_the_clocks_are_read_again(monkeypatch):
    clock = iter([10.0, 10.1, 10.2, 10.2])
    monkeypatch.setattr(observer.time, 'monotonic', lambda: next(clock))
    monkeypatch.setattr(observer, 'system_now', lambda: 110.2)
    assert steady_offset(NEVER) == pytest.approx(-100.0)


@pytest.mark.parametrize('received', [True, False])
def test_a_wait_ends_when_what_arrived_meanwhile_has_been_recorded(received):
    """Neither it nor the witness may run for longer than the wait lasts."""
    over, polls = threading.Event(), iter([0, 0, 0, *range(1, 1000)])
    thread = threading.Thread(target=over.wait, daemon=True)
    thread.start()
    displaced = SimpleNamespace(_polls=0, _thread=thread)

    def until():
        displaced._polls = next(polls)
        return received and displaced._polls == 15

    assert observer.GraphObserver.wait(displaced, until, 0.0) is received
    assert displaced._polls == (15 if received else observer.POLLS)
    over.set()
