"""The machine that a measurement ran on, and its speed in plain Python."""

from __future__ import annotations

import functools
import os
import platform
import re
import statistics
import time
from pathlib import Path
from typing import Any

ADDITIONS, REPEATS = 100_000, 20


def machine() -> dict[str, Any]:
    """Processor, cores this process may use, memory, GPU and `python_ms`, for result.json."""
    memory = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9
    return {
        'cpu': processor(),
        'cores': len(os.sched_getaffinity(0)),
        'memory_gb': round(memory, 1),
        'gpu': gpu(),
        'python_ms': round(python_ms(), 3),
    }


def processor() -> str:
    """The model name of the processor, or its architecture."""
    info = Path('/proc/cpuinfo')
    text = info.read_text() if info.exists() else ''
    match = re.search(r'^model name\s*:\s*(.+)$', text, re.MULTILINE)
    return match[1].strip() if match else platform.machine()


def gpu() -> str | None:
    """The name of an NVIDIA card, None when there is none."""
    for info in sorted(Path('/proc/driver/nvidia/gpus').glob('*/information')):
        match = re.search(r'^Model:\s*(.+)$', info.read_text(), re.MULTILINE)
        if match:
            return match[1].strip()
    return None


@functools.lru_cache  # not `cache`: `./vla doctor` reads this file with Python 3.8
def python_ms() -> float:
    """Time of 100,000 additions in plain Python in ms, median of 20; measured once per process.

    CPU time of the thread, so that load from other processes, our own included, does not
    lengthen it and loosen the bounds that are stated as multiples of it.
    """
    return statistics.median(additions_ms() for _ in range(REPEATS))


def additions_ms() -> float:
    began, total = time.thread_time(), 0
    for number in range(ADDITIONS):
        total += number
    return 1e3 * (time.thread_time() - began)
