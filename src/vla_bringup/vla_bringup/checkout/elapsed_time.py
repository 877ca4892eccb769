"""Elapsed time of a command, its set-up included."""

from __future__ import annotations

import os
import time
from pathlib import Path

from vla_core.result import Figure

FIRST = 'VLA_SET_UP'  # set for a command that ran the set-up first


def seconds() -> float:
    """s since this process began, that is since the call of `./vla`, which execs the command."""
    after_name = Path('/proc/self/stat').read_text().rpartition(')')[2].split()
    began = int(after_name[19]) / os.sysconf('SC_CLK_TCK')  # s since the machine started
    return time.clock_gettime(time.CLOCK_BOOTTIME) - began


def is_first() -> bool:
    """True when the set-up ran for this command."""
    return FIRST in os.environ


def figure() -> Figure:
    """Elapsed time of the command until now."""
    more = ', set-up included' if is_first() else ''
    return Figure(f'the whole command{more}', seconds(), 's')
