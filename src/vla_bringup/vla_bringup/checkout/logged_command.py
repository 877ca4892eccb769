"""Commands of the set-up: progress on the terminal, all output in the log.

Standard library only.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from vla_bringup.checkout.root import ROOT
from vla_core.errors import UserError

LOG = ROOT / 'log' / 'setup.log'
GRACE = 10.0  # s, for an interrupted command to end by itself


class SetupError(UserError):
    """A set-up step failed; the text is the remedy."""


class ProgressStep:
    """Progress display of one step: name, current action, duration."""

    def __init__(self, name: str, pause: float = 10.0) -> None:
        self.name, self.start, self.shown = name, time.monotonic(), 0.0
        self.live = sys.stderr.isatty()
        self.pause = 0.1 if self.live else pause  # s between two lines
        log_line(f'{name} ...')

    def show(self, what: str) -> None:
        """Show the current action: in place on a terminal, every `pause` s in a log file."""
        now = time.monotonic()
        if now - self.shown < self.pause:
            return
        self.shown = now
        text = f'  {now - self.start:4.0f} s  {what}'[:99]
        sys.stderr.write(f'\r\x1b[K{text}' if self.live else text + '\n')
        sys.stderr.flush()

    def done(self) -> None:
        if self.live:
            sys.stderr.write('\r\x1b[K')
        log_line(f'{self.name}: {time.monotonic() - self.start:.0f} s')


def log_line(text: str) -> None:
    print(f'vla: {text}', file=sys.stderr, flush=True)


def run_logged(
    command: list[str], step: ProgressStep, extra: dict[str, str], keep: str = ''
) -> None:
    """Run a command, write its output to the log and show the lines that match `keep`."""
    LOG.parent.mkdir(exist_ok=True)
    (LOG.parent / 'COLCON_IGNORE').touch()
    env = {**os.environ, **extra}
    with LOG.open('a', encoding='utf-8', errors='replace') as log:
        log.write(f'\n$ {" ".join(command)}\n')
        run = subprocess.Popen(
            command, cwd=ROOT, env=env, encoding='utf-8', errors='replace', start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert run.stdout
        with ended(run):
            for line in run.stdout:
                log.write(line)
                log.flush()
                if re.match(keep, line):
                    step.show(re.sub(r'\S*/', '', line.strip()))
    if run.wait():
        lines = [
            x
            for x in LOG.read_text(encoding='utf-8', errors='replace').splitlines()
            if 'error' in x.lower()
        ]
        reason = lines[-1].strip()[:300] if lines else f'exit {run.returncode}'
        raise SetupError(f'{step.name} failed: {reason} (full log: {LOG.relative_to(ROOT)})')


@contextmanager
def ended(run: subprocess.Popen[str]) -> Iterator[None]:
    """End a command and its children when the block is left by an exception, such as Ctrl-C."""
    try:
        yield
    except BaseException:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(run.pid, number)
            with suppress(subprocess.TimeoutExpired):
                run.wait(GRACE)
        raise
