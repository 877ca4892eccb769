"""Who goes first on a busy machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

DDS_THREAD_PRIORITY = (
    1  # real-time priority of the DDS threads of nodes that are in no hurry themselves
)


def set_realtime_priority(urgency: int) -> str:
    """Schedule this thread and those that it starts, DDS's included, in real time; return why
    not, or ''.

    Niceness would not do: with autogroups, the default on desktops, it counts only within
    one session.
    """
    if urgency == 0:
        return ''
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(urgency))
    except PermissionError:
        return 'no permission for real-time scheduling: on a busy machine cycles will be late'
    return ''


@contextmanager
def realtime_dds_threads() -> Iterator[None]:
    """The threads of a participant made in here go before all ordinary work; the caller's own
    does not.

    A sender in shared memory takes a lock of each reader. A thread of a reader that holds it and
    waits for the processor keeps the sender waiting, however urgent that is (decision 009).
    """
    before, param = os.sched_getscheduler(0), os.sched_getparam(0)
    if before == os.SCHED_OTHER:
        set_realtime_priority(DDS_THREAD_PRIORITY)  # without permission as before
    try:
        yield
    finally:
        os.sched_setscheduler(0, before, param)
