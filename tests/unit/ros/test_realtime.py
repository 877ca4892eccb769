"""DDS threads get a real-time priority, their creator does not."""

import os
import threading

import pytest

from vla_ros.realtime import DDS_THREAD_PRIORITY, realtime_dds_threads, set_realtime_priority

ORDINARY = (os.SCHED_OTHER, 0)


def scheduling():
    return os.sched_getscheduler(0), os.sched_getparam(0).sched_priority


def in_a_thread(ask):
    results = []
    thread = threading.Thread(target=lambda: results.append(ask()))
    thread.start()
    thread.join()
    return results[0]


@pytest.fixture
def dds_scheduling():
    """The scheduling of a thread created in `realtime_dds_threads`, where that is permitted."""
    allowed = in_a_thread(lambda: set_realtime_priority(DDS_THREAD_PRIORITY) == '')
    return (os.SCHED_RR, DDS_THREAD_PRIORITY) if allowed else ORDINARY


def test_threads_created_inside_get_the_priority_and_the_caller_does_not(dds_scheduling):
    assert scheduling() == ORDINARY
    with realtime_dds_threads():
        inside = in_a_thread(scheduling)
    assert inside == dds_scheduling
    assert scheduling() == ORDINARY
    assert in_a_thread(scheduling) == ORDINARY


def test_the_caller_keeps_its_scheduling_after_an_error(dds_scheduling):
    def fail():
        with realtime_dds_threads():
            inside.append(scheduling())
            raise ValueError('no node')

    inside = []
    with pytest.raises(ValueError, match='no node'):
        fail()
    assert inside == [dds_scheduling]
    assert scheduling() == ORDINARY


def test_a_caller_with_a_priority_keeps_it():
    def both():
        set_realtime_priority(3)
        before = scheduling()
        with realtime_dds_threads():
            inside = scheduling()
        return before, inside, scheduling()

    before, inside, after = in_a_thread(both)
    assert before == inside == after
