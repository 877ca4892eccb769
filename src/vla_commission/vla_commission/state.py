"""What has been checked so far, kept on disk: an interrupted commissioning resumes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from vla_commission.finding import Finding, Status
from vla_core.atomic_file import write_atomic
from vla_core.robot.config import RobotConfig

FILE = 'state.json'


@dataclass(frozen=True)
class StepResult:
    """The findings of one step."""

    findings: tuple[Finding, ...]
    pictures: tuple[tuple[str, str], ...] = ()  # title and SVG or HTML, for the report

    @property
    def failed(self) -> bool:
        return any(finding.status == Status.FAIL for finding in self.findings)


@dataclass
class State:
    """Results by step, valid for one content of the robot file."""

    folder: Path
    key: str
    steps: dict[str, StepResult] = field(default_factory=dict)

    def put(self, step: str, result: StepResult) -> None:
        """Keep the result of a step, on disk at once."""
        self.steps[step] = result
        steps = {
            name: {'findings': [asdict(f) for f in kept.findings], 'pictures': kept.pictures}
            for name, kept in self.steps.items()
        }
        text = json.dumps({'key': self.key, 'steps': steps}, indent=1, ensure_ascii=False)
        write_atomic(self.folder / FILE, text + '\n')

    def passed(self, step: str) -> bool:
        """True when a step was done without a failed finding; a skipped one was not."""
        result = self.steps.get(step)
        is_done = result is not None and any(f.is_good for f in result.findings)
        return is_done and result is not None and not result.failed


def load_state(folder: Path, robot: RobotConfig) -> State:
    """The kept state; empty when the robot file has changed since, or the file is damaged."""
    state = State(folder, hashlib.sha256(repr(robot).encode()).hexdigest())
    try:
        kept = json.loads((folder / FILE).read_text())
        if kept['key'] == state.key:
            state.steps = {name: _result(row) for name, row in kept['steps'].items()}
    except (OSError, ValueError, KeyError, TypeError):
        state.steps = {}
    return state


def _result(row: dict) -> StepResult:
    findings = tuple(replace(Finding(**f), status=Status(f['status'])) for f in row['findings'])
    return StepResult(findings, tuple((title, body) for title, body in row['pictures']))
