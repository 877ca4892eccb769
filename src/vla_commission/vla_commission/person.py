"""The person at the terminal, or a file of answers in their place."""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Callable
from pathlib import Path

from vla_core.errors import UserError
from vla_core.params import load_yaml

HELD = 0.6  # s after the last key: a held key repeats faster, after a first pause
YES = ('y', 'yes')


class TerminalPerson:
    """Asks on the terminal; the dead-man switch is Enter, held down."""

    def __init__(self, say: Callable[[str], None] = print) -> None:
        if not sys.stdin.isatty():
            raise UserError(
                'guided motion needs a terminal for the dead-man switch; without one: --passive, '
                'or --answers FILE in simulation'
            )
        self._say, self._pressed = say, -float('inf')
        self._was_holding = True

    def ask(self, key: str, question: str, picture: Path | None = None) -> bool:
        return self._input(f'{question} [y/N] ').strip().lower() in YES

    def turn(self, joint: str, angle: float) -> None:
        way = 'positive' if angle > 0.0 else 'negative, back'
        self._input(
            f'Turn {joint} by about 10 degrees in the {way} direction (right-hand rule about its '
            f'axis in the URDF), then press Enter: '
        )

    def _input(self, text: str) -> str:
        """A line; what was typed before the question, Enter held down, is not its answer."""
        while select.select([sys.stdin], [], [], HELD)[0]:
            os.read(sys.stdin.fileno(), 1024)
        return input(text)

    def is_holding(self) -> bool:
        """True while Enter is held, by its repetition."""
        while select.select([sys.stdin], [], [], 0.0)[0]:
            if not os.read(sys.stdin.fileno(), 64):
                break
            self._pressed = time.monotonic()
        is_held = time.monotonic() - self._pressed <= HELD
        if self._was_holding and not is_held:
            self._say('hold Enter down to move; release it to stop')
        self._was_holding = is_held
        return is_held


class ScriptedPerson:
    """Answers from a file; the default is no. The dead-man switch counts as held."""

    def __init__(self, answers: dict[str, bool], say: Callable[[str], None] = print) -> None:
        self._answers, self._say = answers, say

    def ask(self, key: str, question: str, picture: Path | None = None) -> bool:
        answer = self._answers.get(key, False)
        self._say(f'{question} {"yes" if answer else "no"} ({key}, from the file)')
        return answer

    def turn(self, joint: str, angle: float) -> None:
        return None  # nobody is there

    def is_holding(self) -> bool:
        return True


def load_answers(path: Path) -> dict[str, bool]:
    """{key: yes} of a YAML file; UserError for anything but true and false."""
    content = load_yaml(path)
    if not isinstance(content, dict) or any(not isinstance(v, bool) for v in content.values()):
        raise UserError(f'{path}: answers must be lines of "key: true" or "key: false"')
    return {str(key): value for key, value in content.items()}
