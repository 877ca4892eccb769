"""What a command does when it cannot go on: one line on stderr and an exit code, no traceback.

Standard library only, from Python 3.8 on: `./vla` runs the set-up under it.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn, TextIO

from vla_core.errors import UserError

USER_ERROR, INTERRUPTED, BUG = 2, 130, os.EX_SOFTWARE
TRACEBACK = 'VLA_TRACEBACK'  # variable: tracebacks are not replaced by a line
LONGEST_LINE = 600  # characters
ENDS = (signal.SIGTERM, signal.SIGHUP)  # unwind as Ctrl-C does: child processes are ended


def guarded(action: Callable[[], int]) -> int:
    """Return the exit code of `action`, whatever it raises; one line says why it failed."""
    open_streams()
    try:
        code = exit_code_of(action)
        sys.stdout.flush()
        return code
    except UserError as error:
        return fail(str(error), USER_ERROR)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of the output has ended, as `| head` does
        return 128 + signal.SIGPIPE
    except MemoryError:
        return fail('out of memory', USER_ERROR)
    except OSError as error:
        return fail_or_raise(f'{place_of(error)}{error.strerror or error}', USER_ERROR, error)
    except Exception as error:  # noqa: BLE001 - shown with its place, and kept in a file
        return fail_or_raise(bug_line(error), BUG, error)
    finally:
        discard_unwritten()


def exit_code_of(action: Callable[[], int]) -> int:
    """SystemExit, which argparse raises after --help, is a code as well."""
    try:
        return action()
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else int(error.code is not None)


def fail_or_raise(line: str, code: int, error: Exception) -> int:
    if os.environ.get(TRACEBACK):
        raise error
    return fail(f'{line}; {TRACEBACK}=1 shows the traceback', code)


def fail(line: str, code: int) -> int:
    with suppress(OSError):
        print(f'vla: {printable(line)}', file=sys.stderr, flush=True)
    return code


def printable(text: str) -> str:
    """Return the text with control characters escaped and long lines shortened in the middle."""
    lines = []
    for line in text.split('\n'):
        safe = ''.join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
        if len(safe) > LONGEST_LINE:
            safe = f'{safe[: LONGEST_LINE - 100]} ... {safe[-100:]}'
        lines.append(safe)
    return '\n'.join(lines)


def place_of(error: OSError) -> str:
    names = [str(name) for name in (error.filename, error.filename2) if name is not None]
    return f'{" -> ".join(names)}: ' if names else ''


def bug_line(error: Exception) -> str:
    """Return kind, message and place of an unexpected error; its traceback is kept in a file."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f'{Path(frames[-1].filename).name}:{frames[-1].lineno}' if frames else 'unknown place'
    kept = ''
    with suppress(OSError):
        path = Path(tempfile.gettempdir()) / f'vla-bug-{os.getpid()}.txt'
        path.write_text(
            ''.join(traceback.format_exception(type(error), error, error.__traceback__))
        )
        kept = f', kept in {path}'
    text = ' '.join(str(error).split())
    return f'a bug, {type(error).__name__} in {where}: {text}{kept}'


def open_streams() -> None:
    """Open closed standard streams on /dev/null; characters that a stream lacks are escaped."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:  # the lowest number that is closed
        pass
    os.close(number)
    sys.stdout = sys.stdout or open(os.devnull, 'w')  # noqa: SIM115 - open to the end
    sys.stderr = sys.stderr or open(os.devnull, 'w')  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # a replaced stream, in tests
            stream.reconfigure(errors='backslashreplace')  # type: ignore[union-attr]


def discard_unwritten() -> None:
    """Leave nothing that the interpreter would fail to write at its end."""
    for stream in (sys.stdout, sys.stderr):
        if not is_flushed(stream):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def is_flushed(stream: TextIO) -> bool:
    with suppress(OSError, ValueError):
        stream.flush()
        return True
    return False


def catch_signals() -> None:
    """Ctrl-C and a request to end unwind the command; an interrupt held back until now comes."""
    for number in ENDS:
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, end)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])


def end(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def hold_interrupts() -> None:
    """Hold Ctrl-C back until `guarded` runs, in the next program of this process as well."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
