"""Where the threads of a process stand, without a debugger."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from vla_core.atomic_file import write_atomic

FIELDS = ('State', 'voluntary_ctxt_switches', 'nonvoluntary_ctxt_switches')  # of a thread
PROC = Path('/proc')
PY_SPY_TIME = 20.0  # s


def dump(pids: Mapping[str, int], path: Path) -> None:
    """Write the threads of each process, then native stacks where py-spy is installed. Python's
    own stacks appear in the graph's log."""
    for pid in pids.values():
        if catches(pid, signal.SIGUSR1):
            os.kill(pid, signal.SIGUSR1)  # vla_ros.main: faulthandler writes all stacks
    parts = [f'== {name} {pid}\n{threads(pid)}' for name, pid in pids.items()]
    parts += [f'== {name} {pid}\n{stack}' for name, pid in pids.items() if (stack := native(pid))]
    write_atomic(path, '\n'.join(parts))


def threads(pid: int) -> str:
    """One line for each thread: name, kernel function that it waits in, system call, the shared
    memory in which that waits for a lock, state."""
    lines, shared = [], shared_memory(content(PROC / str(pid) / 'maps'))
    for task in sorted((PROC / str(pid) / 'task').glob('*')):
        name, wchan, call = (content(task / f) for f in ('comm', 'wchan', 'syscall'))
        status = fields(content(task / 'status'))
        state = ', '.join(f'{key} {status.get(key, "?")}' for key in FIELDS)
        lock = file_of(call, shared)
        lines.append(f'{task.name} {name}: wchan {wchan}, syscall {call}, {lock}{state}')
    return '\n'.join(lines) or 'no such process'


def shared_memory(maps: str) -> list[tuple[int, int, str]]:
    """Begin, end and file of every mapping of /dev/shm in the text of a maps file."""
    found = []
    for line in maps.splitlines():
        span, *_, path = line.split()
        if path.startswith('/dev/shm/'):
            begin, end = (int(x, 16) for x in span.split('-'))
            found.append((begin, end, path))
    return found


def file_of(call: str, shared: list[tuple[int, int, str]]) -> str:
    """'lock in FILE at OFFSET, ' when the first argument of a system call points into one."""
    words = call.split()
    if len(words) < 2 or not words[1].startswith('0x'):
        return ''
    at = int(words[1], 16)
    inside = [f'lock in {f} at {at - b:#x}, ' for b, e, f in shared if b <= at < e]
    return inside[0] if inside else ''


def catches(pid: int, number: signal.Signals) -> bool:
    """True when the process handles the signal; one that does not would be ended by it."""
    mask = fields(content(PROC / str(pid) / 'status')).get('SigCgt', '0')
    return bool(int(mask, 16) >> (number - 1) & 1)


def fields(text: str) -> dict[str, str]:
    """The `key: value` lines of a status file."""
    pairs = (line.partition(':') for line in text.splitlines())
    return {key: value.strip() for key, _, value in pairs}


def content(path: Path) -> str:
    """The text of a file, '' when it is gone or not readable."""
    with suppress(OSError):
        return path.read_text().strip()
    return ''


def native(pid: int) -> str:
    """Stacks with C++ frames, '' without py-spy."""
    tool = shutil.which('py-spy')
    if tool is None:
        return ''
    command = [tool, 'dump', '--native', '--pid', str(pid)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PY_SPY_TIME)
    except subprocess.TimeoutExpired:
        return f'py-spy took more than {PY_SPY_TIME:g} s'
    return done.stdout + done.stderr
