"""Real-time scheduling of nodes and of their DDS threads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

DDS_THREAD_PRIORITY = 1  # real-time, of the DDS threads of nodes without real-time priority


def set_realtime_priority(priority: int) -> str:
    """Schedule this thread, and the threads that it starts, in real time; 0 changes nothing.

    Return why it failed, or ''. Niceness would not do: with autogroups, the default on desktops,
    it counts only within one session.
    """
    if priority == 0:
        return ''
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(priority))
    except PermissionError:
        return 'no permission for real-time scheduling: cycles will be late on a busy machine'
    return ''


@contextmanager
def realtime_dds_threads() -> Iterator[None]:
    """DDS threads of a participant created in this context preempt ordinary threads; the caller
    keeps its own scheduling.

    A shared-memory sender takes a lock of each reader. A reader's thread that is preempted while
    it holds the lock blocks the sender, whatever the sender's priority (decision 009).
    """
    policy, param = os.sched_getscheduler(0), os.sched_getparam(0)
    if policy == os.SCHED_OTHER:
        set_realtime_priority(DDS_THREAD_PRIORITY)  # without permission nothing changes
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, param)
