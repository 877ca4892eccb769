"""Terminal output of a running demo: permanent lines and one status line."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.table import Table

from vla_core.records.safety import Decision
from vla_core.records.scene import TargetStatus
from vla_core.records.task import Phase
from vla_core.result import Result
from vla_report.figures import cells

STYLES = {
    Decision.PASS: 'green', Decision.CLIPPED: 'yellow', Decision.SLOWED: 'yellow',
    Decision.HOLD: 'red', Decision.BRAKE: 'bold red', Decision.REJECTED: 'magenta',
    Decision.DISARMED: 'dim',
}  # fmt: skip
REPORTED = (Decision.HOLD, Decision.BRAKE, Decision.REJECTED)
ANSWER_USAGE = './vla answer continue | stop | "what to do instead"'
REPORT_PERIOD = 1.0  # s, between two lines of the shield


class Screen:
    """Plain lines when the output is not a terminal."""

    def __init__(self) -> None:
        self.console = Console(highlight=False)
        self._status = self.console.status('')
        self._began = time.monotonic()
        self._phase: tuple[int, int] | None = None
        self._grounding = self._reason = self._question = ''
        self._reason_due = 0.0  # s, steady clock

    def __enter__(self) -> Screen:
        self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._status.stop()

    def line(self, text: str, style: str = '') -> None:
        """Print a permanent line."""
        at = time.monotonic() - self._began
        self.console.print(f'[dim]{at:6.1f} s[/]  ', end='')
        self.console.print(text, style=style, markup=False, soft_wrap=True)

    def now(self, text: str) -> None:
        """Update the status line; no output outside a terminal."""
        self._status.update(text)

    def feedback(self, feedback: Any) -> None:
        """Show the feedback of a task: changes as lines, the rest in the status line."""
        phase = (feedback.phase, feedback.attempt)
        if phase != self._phase:
            self._phase = phase
            attempt = f', attempt {feedback.attempt}' if feedback.attempt > 1 else ''
            self.line(f'{Phase(feedback.phase).name.lower()}{attempt}', 'bold')
        status = TargetStatus(feedback.target_status)
        grounding = (
            f'{status.name.lower()}{": " if feedback.grounding else ""}{feedback.grounding}'
        )
        if grounding != self._grounding and status != TargetStatus.UNKNOWN:
            self._grounding = grounding
            self.line(f'  target {grounding}')
        self._shield(Decision(feedback.shield_decision), feedback.shield_reason)

    def ask(self, question: str) -> None:
        """Ring the bell and print the supervisor's question, once."""
        if question and question != self._question:
            self._question = question
            self.console.bell()
            self.line(f'{question} (in another terminal: {ANSWER_USAGE})', 'bold yellow')

    def _shield(self, decision: Decision, reason: str) -> None:
        style = STYLES[decision]
        self.now(f'shield [{style}]{decision.name}[/] {reason}')
        is_new = decision in REPORTED and reason != self._reason
        if is_new and time.monotonic() >= self._reason_due:
            self._reason, self._reason_due = reason, time.monotonic() + REPORT_PERIOD
            self.line(f'  shield {decision.name}: {reason}', style)

    def table(self, result: Result) -> None:
        """The figures of a result."""
        table = Table(box=None, pad_edge=False, header_style='dim')
        for title, side in (('', 'left'), ('value', 'right'), ('', 'left'), ('', 'left')):
            table.add_column(title, justify=side)  # type: ignore[arg-type]
        for figure in result.figures:
            value, unit, bound = cells(figure)
            style = '' if figure.bound is None else 'green' if figure.ok else 'bold red'
            limit = f'bound {bound}' if bound else ''
            table.add_row(figure.name, value, unit, limit, style=style)
        self.console.print()
        self.console.print(table)
