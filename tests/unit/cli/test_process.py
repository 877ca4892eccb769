"""The end of a command: its code, and one line instead of a traceback."""

import errno
import os
import signal
import subprocess
import sys
import time

import pytest

from vla_bringup.checkout.root import ROOT
from vla_cli import process
from vla_core.errors import UserError

RUN = [sys.executable, '-m', 'vla_cli.cli']


def raising(error):
    def action():
        raise error

    return action


@pytest.mark.parametrize(
    ('error', 'code', 'said'),
    [
        (UserError('no such robot'), 2, 'vla: no such robot\n'),
        (KeyboardInterrupt(), 130, ''),
        (SystemExit(0), 0, ''),
        (SystemExit(143), 143, ''),
        (MemoryError(), 2, 'vla: out of memory\n'),
        (BrokenPipeError(errno.EPIPE, 'Broken pipe'), 141, ''),
    ],
)
def test_each_end_has_its_code(error, code, said, capsys):
    assert process.guarded(raising(error)) == code
    assert capsys.readouterr().err == said


@pytest.mark.parametrize(
    'number', [errno.ENOSPC, errno.EFBIG, errno.EIO, errno.ELOOP, errno.EMFILE]
)
def test_every_error_of_the_system_is_one_line(number, capsys):
    assert process.guarded(raising(OSError(number, os.strerror(number), '/x'))) == 2
    assert capsys.readouterr().err == (
        f'vla: /x: {os.strerror(number)}; VLA_TRACEBACK=1 shows the traceback\n'
    )


def test_a_bug_is_one_line_with_its_place_and_its_traceback_is_kept(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(process.tempfile, 'gettempdir', lambda: str(tmp_path))
    assert process.guarded(raising(ZeroDivisionError('by\nzero'))) == os.EX_SOFTWARE
    said = capsys.readouterr().err
    assert said.startswith('vla: a bug, ZeroDivisionError in test_process.py:')
    assert said.count('\n') == 1
    (kept,) = tmp_path.iterdir()
    assert 'Traceback' in kept.read_text()
    assert str(kept) in said


def test_the_traceback_is_shown_on_request(monkeypatch):
    monkeypatch.setenv('VLA_TRACEBACK', '1')
    with pytest.raises(ZeroDivisionError):
        process.guarded(raising(ZeroDivisionError()))


@pytest.mark.parametrize(
    ('given', 'shown'),
    [
        ('a\tb', r'a\tb'),
        ('\x1b[2J', r'\x1b[2J'),
        ('two\nlines', 'two\nlines'),
        ('\udcff', r'\udcff'),
        ('“ü”', '“ü”'),
    ],
)
def test_control_characters_are_escaped(given, shown):
    assert process.printable(given) == shown


def test_a_long_line_is_shortened():
    assert len(process.printable('x' * 100_000)) < 700


def vla(command, **env):
    kept = {k: v for k, v in os.environ.items() if k not in ('ROS_DOMAIN_ID', 'PYTHONUNBUFFERED')}
    done = subprocess.run(
        ['bash', '-c', command], env={**kept, 'V': ' '.join(RUN), **env}, cwd=ROOT,
        capture_output=True, text=True, errors='replace', timeout=60, check=False,
    )  # fmt: skip
    assert 'Traceback' not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ('command', 'code', 'said'),
    [
        ('$V --help > /dev/full', 2, 'No space left on device'),
        ('$V doctor --quick > /dev/full', 2, 'No space left on device'),
        ('$V docs --help > /dev/full', 2, 'No space left on device'),
        ('PYTHONUNBUFFERED=1 $V docs --help > /dev/full', 2, 'No space left on device'),
        ('$V nope 2> /dev/full', 2, ''),
        ('$V doctor --quick | head -1; exit ${PIPESTATUS[0]}', 141, ''),
        ('$V nope >&-', 2, "no command 'nope'"),
        ('$V nope <&- >&- 2>&-', 2, ''),
        ("$V $'\\xff'", 2, 'no command'),
        ('D=$(mktemp -d) && cd $D && rmdir $D && $V demo', 2, 'the working directory is gone'),
        ('ulimit -f 0; $V demo --out $(mktemp -d)', 2, 'File too large'),
    ],
)
def test_the_streams_of_the_process_may_be_closed_or_full(command, code, said):
    ended, _, error = vla(command)
    assert (ended, said in error) == (code, True), error
    assert error.count('\n') == bool(said), error


SLOW = """
import time
from vla_cli import process
def action():
    process.catch_signals()
    print('ready', flush=True)
    time.sleep(30)
import sys; sys.exit(process.guarded(action))
"""


@pytest.mark.parametrize(
    ('number', 'code'), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_a_command_without_a_word(number, code):
    with subprocess.Popen(
        [sys.executable, '-c', SLOW], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=process.hold_interrupts,
    ) as running:  # fmt: skip
        assert running.stdout.readline() == 'ready\n'
        time.sleep(0.1)
        running.send_signal(number)
        _, error = running.communicate(timeout=20)
    assert (running.returncode, error) == (code, '')


def test_an_interrupt_before_the_command_can_answer_it_is_not_lost():
    early = SLOW.replace(
        'def action', 'import os, signal; os.kill(os.getpid(), signal.SIGINT)\ndef action'
    )
    done = subprocess.run(
        [sys.executable, '-c', early], capture_output=True, text=True, timeout=20, check=False,
        preexec_fn=process.hold_interrupts,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (130, '')
