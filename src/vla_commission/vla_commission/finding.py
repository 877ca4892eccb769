"""One line of the report: what was measured, and what to change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Status(str, Enum):
    """Outcome of one check."""

    OK = 'ok'
    WARNING = 'warning'  # works, but not as it should
    FAIL = 'fail'  # must be mended
    SKIPPED = 'skipped'  # could not be checked


@dataclass(frozen=True)
class Finding:
    """Outcome of one check; `change` is the exact line to write, or what to do."""

    check: str  # e.g. 'joints.unit'
    status: Status
    text: str  # what was measured
    change: str = ''

    @property
    def is_good(self) -> bool:
        return self.status == Status.OK

    @property
    def line(self) -> str:
        """One line of text."""
        change = f'  -> {self.change}' if self.change else ''
        return f'{self.status.value:8} {self.check:22} {self.text}{change}'


def ok(check: str, text: str) -> Finding:
    """The check is passed."""
    return Finding(check, Status.OK, text)


def warning(check: str, text: str, change: str) -> Finding:
    """The robot works, but not as it should."""
    return Finding(check, Status.WARNING, text, change)


def fail(check: str, text: str, change: str) -> Finding:
    """The robot must not be used before the change."""
    return Finding(check, Status.FAIL, text, change)


def skipped(check: str, text: str) -> Finding:
    """Could not be checked, and why."""
    return Finding(check, Status.SKIPPED, text)
