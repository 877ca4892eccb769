"""DDS threads go first, the one that made them does not."""

import os
import threading

import pytest

from vla_ros.realtime import DDS_THREAD_PRIORITY, realtime_dds_threads, set_realtime_priority

ORDINARY = (os.SCHED_OTHER, 0)


def turn():
    return os.sched_getscheduler(0), os.sched_getparam(0).sched_priority


def in_a_thread(ask):
    said = []
    thread = threading.Thread(target=lambda: said.append(ask()))
    thread.start()
    thread.join()
    return said[0]


@pytest.fixture
def first():
    """What a thread gets that is made in `realtime_dds_threads`, on a machine that lets us."""
    allowed = in_a_thread(lambda: set_realtime_priority(DDS_THREAD_PRIORITY) == '')
    return (os.SCHED_RR, DDS_THREAD_PRIORITY) if allowed else ORDINARY


def test_threads_made_inside_go_first_and_the_caller_does_not(first):
    assert turn() == ORDINARY
    with realtime_dds_threads():
        inside = in_a_thread(turn)
    assert inside == first
    assert turn() == ORDINARY
    assert in_a_thread(turn) == ORDINARY


def test_the_caller_gets_its_turn_back_after_an_error(first):
    def fail():
        with realtime_dds_threads():
            inside.append(turn())
            raise ValueError('no node')

    inside = []
    with pytest.raises(ValueError, match='no node'):
        fail()
    assert inside == [first]
    assert turn() == ORDINARY


def test_who_is_in_a_hurry_stays_so():
    def both():
        set_realtime_priority(3)
        before = turn()
        with realtime_dds_threads():
            inside = turn()
        return before, inside, turn()

    before, inside, after = in_a_thread(both)
    assert before == inside == after
