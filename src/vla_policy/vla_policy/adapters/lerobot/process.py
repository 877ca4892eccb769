"""A process that serves a policy on localhost, as a child of this one."""

from __future__ import annotations

import os
import select
import subprocess
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import IO

from vla_core.errors import UserError
from vla_policy.adapters.connection import NoAnswerError
from vla_policy.adapters.lerobot.server import FAILED, LISTENING

START = 120.0  # s, to import the libraries, load the weights and try them out
END = 1.0  # s, from the request to end until the process is killed
PAUSE = 5.0  # s, from one start to the next
MOST_TEXT = 300  # characters of a reason


class PolicyProcess:
    """Runs `command`, which reports its port on stdout; started again when it has died.

    It ends with this object, and by itself when this process is killed.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str] | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:  # fmt: skip
        self._command, self._clock = [*command, str(os.getpid())], clock
        self._environment = None if environment is None else dict(environment)
        self._start()

    def wait(self, deadline: float = START) -> int:
        """The port of the first start; UserError says why there is none."""
        until = self._clock() + deadline
        while not self._port:
            self._read(max(0.0, until - self._clock()))
            if not self._port and self._process.poll() is not None:
                raise UserError(f'it has ended: {self._reason()}')
            if not self._port and self._clock() >= until:
                self.close()
                raise UserError(f'it was not ready within {deadline:.0f} s')
        return self._port

    def port(self) -> int:
        """The port now; NoAnswerError while it starts, or has ended and is started again."""
        code = self._process.poll()
        if code is not None:
            reason = self._reason()
            if self._clock() - self._started >= PAUSE:
                self.close()
                self._start()
            raise NoAnswerError(f'the process of the policy has ended ({code}): {reason}')
        self._read(0.0)
        if not self._port:
            raise NoAnswerError('the process of the policy is starting again')
        return self._port

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        """End the process."""
        self._finish()

    def _start(self) -> None:
        self._started, self._port, self._received = self._clock(), 0, b''
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - open while it runs
        try:
            # a session of its own: Ctrl-C is for this process, which ends that one
            self._process = subprocess.Popen(
                self._command, env=self._environment, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors,
            )  # fmt: skip
        except OSError as error:
            raise UserError(f'{self._command[0]}: {error.strerror}') from error
        self._finish = weakref.finalize(self, _end, self._process, os.getpid())

    def _read(self, patience: float) -> None:
        """Take what it reports; returns at the end of a line, or of `patience` s."""
        pipe = self._process.stdout
        if pipe is None or b'\n' in self._received:
            return
        ready, _, _ = select.select([pipe], [], [], patience)
        if ready:
            self._received += os.read(pipe.fileno(), 4096)
        if ready and not self._received.endswith(b'\n'):
            with suppress(subprocess.TimeoutExpired):  # the end of the pipe, or of the process
                self._process.wait(0.05)
        word, _, text = self._line().partition(' ')
        if word == LISTENING and text.isdigit():
            self._port = int(text)

    def _line(self) -> str:
        line, end, _ = self._received.partition(b'\n')
        return line.decode(errors='replace') if end else ''

    def _reason(self) -> str:
        """What it reported before its end, else the last line of its errors."""
        self._read(0.0)
        word, _, text = self._line().partition(' ')
        if word == FAILED:
            return text[:MOST_TEXT]
        self._errors.seek(0)
        lines = self._errors.read().decode(errors='replace').strip().splitlines()
        return f'last output: {lines[-1].strip()[:MOST_TEXT]}' if lines else 'no output'


def _end(process: subprocess.Popen[bytes], owner: int) -> None:
    """End the process, unless this one is a fork of its owner."""
    if os.getpid() != owner:
        return
    process.terminate()
    try:
        process.wait(END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
