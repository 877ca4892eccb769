"""How long a command has been at work, its set-up included."""

from __future__ import annotations

import os
import time
from pathlib import Path

from vla_core.result import Figure

FIRST = 'VLA_SET_UP'  # in the environment of a command that was set up for first


def seconds() -> float:
    """s since this process began: `./vla` becomes the command, so since a person called it."""
    after_name = Path('/proc/self/stat').read_text().rpartition(')')[2].split()
    began = int(after_name[19]) / os.sysconf('SC_CLK_TCK')  # s since the machine started
    return time.clock_gettime(time.CLOCK_BOOTTIME) - began


def is_first() -> bool:
    """Whether everything was set up for this command."""
    return FIRST in os.environ


def figure() -> Figure:
    """The whole command, until now."""
    more = ', set-up included' if is_first() else ''
    return Figure(f'the whole command{more}', seconds(), 's')
