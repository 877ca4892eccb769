"""One fault of the server or the link while a policy on a server moves the arm."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from vla_bench.faults.observer import ReceivedMessage
from vla_bench.faults.rig import NAN, PASSING, FaultRig
from vla_bench.remote.link import Link
from vla_core.errors import UserError
from vla_core.records.task import Phase

START = 60.0  # s, until the server listens
BACK = 12.0  # s after the end of a fault in which the arm must move again
WATCHED = 4.0  # s, of a link that is late
SETTLED = 1.0  # s, from a fault on


class ServedPolicy:
    """`./vla serve` as a process behind a link; used as a context."""

    def __init__(self, checkpoint: str, robot: str) -> None:
        self._command = [
            sys.executable, '-m', 'vla_cli.cli', 'serve', '--policy', checkpoint, '--robot', robot,
        ]  # fmt: skip
        self._port = free_port()
        self.link = Link(self._port)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> ServedPolicy:
        self.link.__enter__()
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.kill()
        self.link.__exit__(None, None, None)

    @property
    def spec(self) -> str:
        """For --policy."""
        return f'remote:ws://127.0.0.1:{self.link.port}'

    def start(self) -> None:
        """Start the server and wait until it listens."""
        self._process = subprocess.Popen([*self._command, '--port', str(self._port)])
        end = time.monotonic() + START
        while not listens(self._port):
            if self._process.poll() is not None or time.monotonic() > end:
                raise UserError(f'the server does not listen: {" ".join(self._command)}')
            time.sleep(0.1)

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def pause(self) -> None:
        """Stop the process; its connections stay."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let the process run on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            os.kill(self._process.pid, number)


@dataclass(frozen=True)
class ServerFault:
    """What fails, and for how long."""

    name: str
    seconds: float
    begin: Callable[[ServedPolicy], None]
    end: Callable[[ServedPolicy], None]
    is_late: bool = False  # the policy answers all the time, late
    may_ask: bool = False  # it lasts longer than the 5 s after which a person is asked


def _late(served: ServedPolicy) -> None:
    served.link.delay = 0.3


def _held(served: ServedPolicy) -> None:
    served.link.is_held = True


def _mend(served: ServedPolicy) -> None:
    served.link.mend()


FAULTS = (
    ServerFault('killed, and back', 2.0, ServedPolicy.kill, ServedPolicy.start, may_ask=True),
    ServerFault('paused 1 s', 1.0, ServedPolicy.pause, ServedPolicy.resume),
    ServerFault('paused 5 s', 5.0, ServedPolicy.pause, ServedPolicy.resume),
    ServerFault('link cut 1 s', 1.0, lambda served: served.link.cut(), _mend),
    ServerFault('link cut 5 s', 5.0, lambda served: served.link.cut(), _mend),
    ServerFault('link silent 3 s', 3.0, _held, _mend),
    ServerFault('300 ms late', WATCHED, _late, _mend, is_late=True),
)


@dataclass(frozen=True)
class ServerRecord:
    """Times in s; NaN when it did not happen."""

    fault: str
    held: float  # from the fault to the first command of the shield that stops
    back: float  # from its end to the first report that lets the policy's motion pass again
    asked: bool  # the supervisor asked a person: the arm was held for 5 s
    passing: float  # share of the shield's cycles that pass, of those SETTLED s after the fault on
    repeated: int  # chunks of an observation that was answered before, or of an older one
    reason: str  # of the hold


def play(rig: FaultRig, served: ServedPolicy, fault: ServerFault) -> ServerRecord:
    """Bring the arm into motion, cause the fault, end it, and wait for motion."""
    rig.begin()
    rig.await_moving()
    began = time.monotonic()
    fault.begin(served)
    found = rig.braking(began, within=fault.seconds)
    held = NAN if found is None else rig.command_of(found).at - began
    rig.pause(max(0.0, fault.seconds - (time.monotonic() - began)))
    share = passing_share(rig.observer.since('report', began + SETTLED))
    fault.end(served)
    ended = time.monotonic()
    back = resumed(rig, ended)
    status = rig.graph.client.status
    record = ServerRecord(
        fault.name, held, back, status is not None and status.phase == Phase.ASKING, share,
        repeats(rig.observer.since('chunk', began)),
        found.record.reason if found is not None else '',
    )  # fmt: skip
    rig.end()
    return record


def resumed(rig: FaultRig, ended: float) -> float:
    """s from `ended` until the shield lets motion pass again and the arm moves; NaN if never."""
    client = rig.graph.client

    def is_decided() -> bool:
        is_asking = client.status is not None and client.status.phase == Phase.ASKING
        return rig.is_moving() or rig.is_over() or is_asking

    client.wait(is_decided, BACK)
    if not rig.is_moving():
        return NAN
    reports = rig.observer.since('report', ended)
    passing = (r.at - ended for r in reports if r.record.decision in PASSING)
    return next(passing, NAN)


def passing_share(reports: list[ReceivedMessage]) -> float:
    """Share of the reports that let motion pass; NaN without any."""
    passing = [report.record.decision in PASSING for report in reports]
    return sum(passing) / len(passing) if passing else NAN


def repeats(chunks: list[ReceivedMessage]) -> int:
    """Chunks that are not of a newer observation than the one before, by task."""
    newest: dict[str, float] = {}
    count = 0
    for received in chunks:
        chunk = received.record
        count += chunk.stamp <= newest.get(chunk.task_id, -1.0)
        newest[chunk.task_id] = max(chunk.stamp, newest.get(chunk.task_id, -1.0))
    return count


def free_port() -> int:
    """A port of localhost that nobody listens on."""
    with socket.socket() as one:
        one.bind(('127.0.0.1', 0))
        return int(one.getsockname()[1])


def listens(port: int) -> bool:
    """True when a connection is accepted."""
    with socket.socket() as one:
        one.settimeout(0.2)
        return one.connect_ex(('127.0.0.1', port)) == 0
