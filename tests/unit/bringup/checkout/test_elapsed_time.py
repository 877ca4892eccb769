"""How long a command took is counted from its first process on."""

import subprocess
import sys
import time

from vla_bringup.checkout import elapsed_time


def test_time_before_the_command_line_counts():
    program = (
        'import os, sys, time; time.sleep(0.5);'
        'os.execv(sys.executable, [sys.executable, "-c", '
        '"from vla_bringup.checkout import elapsed_time; print(elapsed_time.seconds())"])'
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    took = time.monotonic() - began
    assert 0.5 <= float(done.stdout) <= took + 0.02


def test_a_set_up_is_named(monkeypatch):
    monkeypatch.delenv(elapsed_time.FIRST, raising=False)
    assert elapsed_time.figure().name == 'the whole command'
    monkeypatch.setenv(elapsed_time.FIRST, 'first')
    assert elapsed_time.figure().name == 'the whole command, set-up included'
