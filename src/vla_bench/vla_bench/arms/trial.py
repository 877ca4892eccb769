"""One episode of an arm, and how much of its robot file a person changed."""

from __future__ import annotations

import difflib
import functools
from dataclasses import dataclass
from pathlib import Path

from vla_core.authoring.request import remade
from vla_core.robot.config import robot_file
from vla_learning.evaluation.evaluate import EvalJob
from vla_learning.evaluation.evaluate import play as play_trial
from vla_learning.evaluation.suites import EvalTrial
from vla_lockstep.row_log import Row

POLICY = 'scripted'


@dataclass(frozen=True)
class ArmsJob:
    """One episode, as a worker gets it."""

    robot: str  # name or file
    task: str
    seed: int


def play(job: ArmsJob) -> Row:
    """Run one episode in lockstep (in a worker process)."""
    trial = EvalTrial(job.task, job.task)
    return {'robot': job.robot, **play_trial(EvalJob(job.robot, POLICY, trial, job.seed))}


def changed_lines(robot: str) -> int:
    """Lines of a robot file that are not as `./vla robot new` makes them."""
    path = robot_file(robot)
    return difference(remade_text(path), path.read_text(encoding='utf-8'))


@functools.lru_cache(maxsize=8)
def remade_text(path: Path) -> str:
    return remade(path)


def difference(made: str, kept: str) -> int:
    """Lines that differ: added, removed or changed."""
    matcher = difflib.SequenceMatcher(None, made.splitlines(), kept.splitlines(), autojunk=False)
    codes = matcher.get_opcodes()
    return sum(max(i2 - i1, j2 - j1) for tag, i1, i2, j1, j2 in codes if tag != 'equal')
