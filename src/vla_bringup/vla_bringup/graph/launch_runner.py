"""Starts the processes of a launch file, prints their output, and stops all of them."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vla_bringup.graph.launch_file import NodeSpec

COLOURS = (36, 33, 32, 35, 34, 96, 93, 92)  # of ANSI, one per node
ESCALATION = (
    (0.0, signal.SIGINT),
    (2.5, signal.SIGTERM),
    (4.5, signal.SIGKILL),
)  # s after the stop
FATAL_MARK = '[FATAL]'  # marks the line with the reason of a failed node
RESTART = os.EX_TEMPFAIL  # exit code of a node that requests a restart
STOP_REQUESTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
RESPAWN_WINDOW = 60.0  # s
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)

Say = Callable[[str, str], None]  # node, line


@dataclass
class Running:
    """One process and the time of its restart."""

    spec: NodeSpec
    process: subprocess.Popen[str]
    reader: threading.Thread
    has_output: threading.Event  # it has printed a line: its imports are done
    restart_at: float | None = None  # s, monotonic; None: running, or not restarted
    is_exit_reported: bool = False


class LaunchRunner:
    """Call `start`, then `poll` until it is False, then `stop`. Processes end with this one.

    A node with `max_respawns` is restarted after exit code RESTART only, at most that often within
    RESPAWN_WINDOW; any other exit of it stops everything. (`ros2 launch` restarts it after every
    exit, at most that often in total, and then leaves it stopped.)
    """

    def __init__(self, nodes: list[NodeSpec], print_line: Say | None = None) -> None:
        self.nodes = nodes
        self.failures: list[str] = []  # unexpected exits
        self.reasons: dict[str, str] = {}  # node → its first FATAL line
        self.is_over = False  # a node with ends_all has ended, or output_error
        self.output_error: OSError | None = None  # of printing: nobody reads the output any more
        self._print_line = print_line or printer([node.name for node in nodes])
        self._running: list[Running] = []
        self._respawns: dict[str, list[float]] = {}  # s, monotonic, by node

    def start(self) -> None:
        """Start every process."""
        for spec in self.nodes:
            self._running.append(self._spawn(spec))

    def poll(self) -> bool:
        """Check and restart processes; return False when it is time to stop."""
        for running in self._running:
            self._check(running)
        return not self.is_over and any(
            r.process.poll() is None or r.restart_at for r in self._running
        )

    def stop(self) -> None:
        """End every process within 5 s: SIGINT, SIGTERM, SIGKILL."""
        with uninterrupted():
            self._stop()

    def _stop(self) -> None:
        began = time.monotonic()
        for delay, number in ESCALATION:
            while time.monotonic() - began < delay and self._alive():
                time.sleep(0.02)
            for running in self._alive():
                if number != signal.SIGINT:
                    self._print(
                        running.spec.name, f'does not end, sending {signal.Signals(number).name}'
                    )
                elif (
                    not running.has_output.is_set()
                ):  # SIGINT would print a traceback of an import
                    signal_group(running.process, signal.SIGTERM)
                    continue
                signal_group(running.process, number)
        for running in self._running:
            running.process.wait()
            signal_group(running.process, signal.SIGKILL)  # its remaining child processes
            running.reader.join(timeout=0.5)

    def pid(self, name: str) -> int:
        """Return the process of a node (tests and benchmarks measure it)."""
        return next(r.process.pid for r in self._running if r.spec.name == name)

    def _alive(self) -> list[Running]:
        return [running for running in self._running if running.process.poll() is None]

    def _check(self, running: Running) -> None:
        code, spec = running.process.poll(), running.spec
        if code is None:
            return
        if running.restart_at is not None:
            if time.monotonic() >= running.restart_at:
                self._running[self._running.index(running)] = self._spawn(spec)
            return
        if not running.is_exit_reported:
            running.reader.join(timeout=0.5)  # its last output first
            self._on_exit(running, code)

    def _on_exit(self, running: Running, code: int) -> None:
        spec, name = running.spec, running.spec.name
        running.is_exit_reported = True
        how = f'exit code {code}' if code >= 0 else signal.Signals(-code).name
        self._print(name, f'process has ended: {how}')
        if code != 0:
            self.failures.append(f'{name}: {how}')
        if spec.ends_all or not self._may_respawn(spec, code):
            self.is_over = True
        elif spec.respawn_delay is not None:
            running.restart_at = time.monotonic() + spec.respawn_delay
            self._print(name, f'restarting in {spec.respawn_delay:g} s')

    def _may_respawn(self, spec: NodeSpec, code: int) -> bool:
        """False for a node with `max_respawns` that exceeded them or did not exit with RESTART."""
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
        has_output = threading.Event()
        reader = threading.Thread(
            target=self._read, args=(spec.name, process, has_output), daemon=True
        )
        reader.start()
        return Running(spec, process, reader, has_output)

    def _read(
        self, name: str, process: subprocess.Popen[str], has_output: threading.Event
    ) -> None:
        if process.stdout is None:
            return
        for line in process.stdout:
            has_output.set()
            self._print(name, line.rstrip('\n'))
            if FATAL_MARK in line:
                self.reasons.setdefault(name, line.split(']: ', 1)[-1].strip())

    def _print(self, name: str, line: str) -> None:
        if self.output_error is None:
            try:
                self._print_line(name, line)
            except OSError as error:
                self.output_error, self.is_over = error, True


def signal_group(process: subprocess.Popen[str], number: int) -> None:
    """Send a signal to the process and its children."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def die_with_parent() -> None:
    """Runs in the child before exec: the kernel sends SIGTERM when the parent ends."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def printer(names: list[str]) -> Say:
    """Return a function that prints a line with its node's name, in colour on a terminal."""
    width = max(map(len, names), default=0)
    colours = {name: COLOURS[k % len(COLOURS)] for k, name in enumerate(dict.fromkeys(names))}
    is_terminal = sys.stdout.isatty()
    lock = threading.Lock()

    def print_line(name: str, line: str) -> None:
        label = f'{name:>{width}}'
        label = f'\x1b[{colours.get(name, 37)}m{label}\x1b[0m' if is_terminal else label
        with lock:
            print(f'{label} | {line}', flush=True)

    return print_line


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold requests to end back: the few seconds in which processes are stopped."""
    old = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_REQUESTS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old)


@contextlib.contextmanager
def stop_requests() -> Iterator[list[int]]:
    """Collect the signals that request to end, instead of ending."""
    received: list[int] = []
    old = {n: signal.signal(n, lambda number, _: received.append(number)) for n in STOP_REQUESTS}
    try:
        yield received
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def run_until_stopped(runner: LaunchRunner) -> int:
    """Run to the end or a request to stop; return 1 when a process failed by itself, else 0, or
    128 + the signal that requested it."""
    with stop_requests() as received:
        try:
            runner.start()
            while not received and runner.poll():
                time.sleep(0.1)
        finally:
            runner.stop()
    if runner.output_error:
        raise runner.output_error
    if not runner.failures:
        return 128 + received[0] if received else 0
    for name, why in runner.reasons.items():
        print(f'vla: {name}: {why}', file=sys.stderr)
    return 1
