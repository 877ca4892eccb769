"""When something came is known by one clock, however late its reader is."""

import threading
import time
from types import SimpleNamespace

import pytest

from vla_bench.faults import observer
from vla_bench.faults.observer import steady_offset, system_now

NEVER = float('nan')


def test_the_steady_clock_is_as_far_ahead_as_it_is():
    found = steady_offset(NEVER)
    assert found == pytest.approx(time.monotonic() - system_now(), abs=0.02)


def test_a_reader_displaced_between_two_clocks_keeps_what_it_knew(monkeypatch):
    clock = iter([10.0, 10.1])
    monkeypatch.setattr(observer.time, 'monotonic', lambda: next(clock))
    monkeypatch.setattr(observer, 'system_now', lambda: 110.1)
    assert steady_offset(-100.0) == -100.0


def test_one_that_knew_nothing_looks_again(monkeypatch):
    clock = iter([10.0, 10.1, 10.2, 10.2])
    monkeypatch.setattr(observer.time, 'monotonic', lambda: next(clock))
    monkeypatch.setattr(observer, 'system_now', lambda: 110.2)
    assert steady_offset(NEVER) == pytest.approx(-100.0)


@pytest.mark.parametrize('heard', [True, False])
def test_a_wait_ends_when_what_came_meanwhile_has_been_looked_at(heard):
    """Neither it nor the witness may run for longer than the wait lasts."""
    over, looks = threading.Event(), iter([0, 0, 0, *range(1, 1000)])
    thread = threading.Thread(target=over.wait, daemon=True)
    thread.start()
    displaced = SimpleNamespace(_looks=0, _thread=thread)

    def until():
        displaced._looks = next(looks)
        return heard and displaced._looks == 15

    assert observer.GraphObserver.wait(displaced, until, 0.0) is heard
    assert displaced._looks == (15 if heard else observer.LOOKS)
    over.set()
