"""Starts the processes of a launch file, shows what they say, and ends every one of them."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from vla_bringup.graph.launch_file import NodeSpec

COLOURS = (36, 33, 32, 35, 34, 96, 93, 92)  # of ANSI, one per node
ESCALATION = (
    (0.0, signal.SIGINT),
    (2.5, signal.SIGTERM),
    (4.5, signal.SIGKILL),
)  # s after the stop
FATAL = '[FATAL]'  # in a line: why a node gives up
RESTART = os.EX_TEMPFAIL  # exit code of a node that asks to be started again
RESPAWN_WINDOW = 60.0  # s
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)

Say = Callable[[str, str], None]  # node, line


@dataclass
class Running:
    """One process and when it may be started again."""

    spec: NodeSpec
    process: subprocess.Popen[str]
    reader: threading.Thread
    spoken: threading.Event  # it has said something: it is past its imports
    again: float | None = None  # s, monotonic; None: it runs, or stays down
    is_ended: bool = False  # and that was said


class LaunchRunner:
    """`start`, then `poll` until it is False, then `stop`. Processes die with this one.

    A node with `max_respawns` is started again after exit code RESTART only, at most so often
    within RESPAWN_WINDOW; any other end of it ends everything. (`ros2 launch` starts it again
    after every exit, at most so often altogether, and then leaves it down.)
    """

    def __init__(self, nodes: list[NodeSpec], say: Say | None = None) -> None:
        self.nodes = nodes
        self.failures: list[str] = []  # what ended that should not have
        self.reasons: dict[str, str] = {}  # node → the first of its last words
        self.is_over = False  # a node that ends everything has ended
        self._say = say or printer([node.name for node in nodes])
        self._running: list[Running] = []
        self._respawns: dict[str, list[float]] = {}  # s, monotonic, by node

    def start(self) -> None:
        """Start every process."""
        for spec in self.nodes:
            self._running.append(self._spawn(spec))

    def poll(self) -> bool:
        """Look after the processes; return False when it is time to stop."""
        for running in self._running:
            self._look_after(running)
        return not self.is_over and any(r.process.poll() is None or r.again for r in self._running)

    def stop(self) -> None:
        """End every process within 5 s: asked, told, killed."""
        began = time.monotonic()
        for delay, number in ESCALATION:
            while time.monotonic() - began < delay and self._alive():
                time.sleep(0.02)
            for running in self._alive():
                if number != signal.SIGINT:
                    self._say(
                        running.spec.name, f'does not end, sending {signal.Signals(number).name}'
                    )
                elif not running.spoken.is_set():  # asked, it would only show where it imports
                    signal_group(running.process, signal.SIGTERM)
                    continue
                signal_group(running.process, number)
        for running in self._running:
            running.process.wait()
            signal_group(running.process, signal.SIGKILL)  # what it left behind in its group
            running.reader.join(timeout=0.5)

    def pid(self, name: str) -> int:
        """Return the process of a node (tests and benchmarks measure it)."""
        return next(r.process.pid for r in self._running if r.spec.name == name)

    def _alive(self) -> list[Running]:
        return [running for running in self._running if running.process.poll() is None]

    def _look_after(self, running: Running) -> None:
        code, spec = running.process.poll(), running.spec
        if code is None:
            return
        if running.again is not None:
            if time.monotonic() >= running.again:
                self._running[self._running.index(running)] = self._spawn(spec)
            return
        if not running.is_ended:
            running.reader.join(timeout=0.5)  # its last words first
            self._ended(running, code)

    def _ended(self, running: Running, code: int) -> None:
        spec, name = running.spec, running.spec.name
        running.is_ended = True
        how = f'exit code {code}' if code >= 0 else signal.Signals(-code).name
        self._say(name, f'process has ended: {how}')
        if code != 0:
            self.failures.append(f'{name}: {how}')
        if spec.ends_all or not self._may_respawn(spec, code):
            self.is_over = True
        elif spec.respawn_delay is not None:
            running.again = time.monotonic() + spec.respawn_delay
            self._say(name, f'starting it again in {spec.respawn_delay:g} s')

    def _may_respawn(self, spec: NodeSpec, code: int) -> bool:
        """False for a node with `max_respawns` that has used them up or did not ask for one."""
        if spec.max_respawns is None:
            return True
        now = time.monotonic()
        recent = [t for t in self._respawns.get(spec.name, []) if now - t < RESPAWN_WINDOW]
        self._respawns[spec.name] = [*recent, now]
        return code == RESTART and len(recent) < spec.max_respawns

    def _spawn(self, spec: NodeSpec) -> Running:
        process = subprocess.Popen(
            [str(spec.executable), *spec.arguments],
            env={**os.environ, 'PYTHONUNBUFFERED': '1', **spec.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors='replace',
            start_new_session=True,  # Ctrl-C reaches the runner only
            preexec_fn=die_with_parent,
        )
        spoken = threading.Event()
        reader = threading.Thread(
            target=self._read, args=(spec.name, process, spoken), daemon=True
        )
        reader.start()
        return Running(spec, process, reader, spoken)

    def _read(self, name: str, process: subprocess.Popen[str], spoken: threading.Event) -> None:
        if process.stdout is None:
            return
        for line in process.stdout:
            spoken.set()
            self._say(name, line.rstrip('\n'))
            if FATAL in line:
                self.reasons.setdefault(name, line.split(']: ', 1)[-1].strip())


def signal_group(process: subprocess.Popen[str], number: int) -> None:
    """Signal the process and everything it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def die_with_parent() -> None:
    """In the child, before its program: the kernel ends it when its parent is gone."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def printer(names: list[str]) -> Say:
    """Return a function that prints a line under its node's name, in colour on a terminal."""
    width = max(map(len, names), default=0)
    colours = {name: COLOURS[k % len(COLOURS)] for k, name in enumerate(dict.fromkeys(names))}
    is_terminal = sys.stdout.isatty()
    lock = threading.Lock()

    def say(name: str, line: str) -> None:
        label = f'{name:>{width}}'
        label = f'\x1b[{colours.get(name, 37)}m{label}\x1b[0m' if is_terminal else label
        with lock:
            print(f'{label} | {line}', flush=True)

    return say


def run_until_stopped(runner: LaunchRunner) -> int:
    """Run to the end or to Ctrl-C (or SIGTERM); return 0, or 1 when a process failed by itself."""
    is_told = threading.Event()
    old = {n: signal.signal(n, lambda *_: is_told.set()) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        runner.start()
        while not is_told.is_set() and runner.poll():
            is_told.wait(0.1)
    finally:
        runner.stop()
        for number, handler in old.items():
            signal.signal(number, handler)
    if not runner.failures:
        return 0
    for name, why in runner.reasons.items():
        print(f'vla: {name}: {why}', file=sys.stderr)
    return 1
