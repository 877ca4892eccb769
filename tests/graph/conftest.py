"""Tests of the running graph, ten processes in real time, need a machine that keeps up.

Two cores are just enough, and a shared machine may work at half its speed for minutes. A test
waits for it, for a while. One that fails while the processor itself is too slow has told nothing
about the graph: it counts as skipped, with the reason. The processor is measured by the CPU time
of a loop of plain Python, which neither our own processes nor our own mistakes lengthen.
"""

import os
import time

import numpy as np
import pytest

LOOPS, TIMES = 200_000, 60
SLOWEST = (
    11.0  # ms of the processor for LOOPS on two cores; 7 where they keep up, 14 at half speed
)
PATIENCE = 600.0  # s of waiting, in all
_waited = 0.0


def slowness():
    """How much slower than it may be this machine is; 1 is just quick enough."""
    cores = os.cpu_count() or 1
    return 1e3 * np.mean([loop() for _ in range(TIMES)]) / (SLOWEST * max(1.0, 0.5 * cores))


def loop():
    began, total = time.thread_time(), 0
    for k in range(LOOPS):
        total += k
    return time.thread_time() - began


def excuse(slow):
    return f'failed while the processor was {slow:.1f} times slower than the graph needs'


def pytest_runtest_setup(item):
    global _waited
    while _waited < PATIENCE and slowness() > 1.0:
        time.sleep(10.0)
        _waited += 10.0


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    slow = slowness() if report.failed else 0.0
    if slow > 1.0:
        print(f'{item.name} {excuse(slow)}:\n{report.longrepr}')  # noqa: T201
        report.outcome = 'skipped'
        report.longrepr = (str(item.path), item.location[1] or 0, f'Skipped: {excuse(slow)}')
