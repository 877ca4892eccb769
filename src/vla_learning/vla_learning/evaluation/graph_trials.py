"""Episodes of an evaluation on the real nodes, all in one graph."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tqdm import tqdm

from vla_bringup.graph.session import GraphSession, SessionPlan
from vla_core.errors import UserError
from vla_core.records.task import ResultCode
from vla_learning.evaluation.evaluate import EvalJob
from vla_lockstep.campaign import summary
from vla_lockstep.row_log import Row, RowLog

GRAPH_ENDED = 'GRAPH_ENDED'  # code of an episode in which the graph ended
MAX_RESTARTS = 3  # number of ended graphs at which the evaluation aborts

Keyed = tuple[str, EvalJob]


def play_all(jobs: list[Keyed], log: RowLog) -> list[Row]:
    """Run the jobs that are not yet in `log`; return all rows."""
    done = log.resume(key for key, _ in jobs)
    todo = [(key, job) for key, job in jobs if key not in done]
    bar = tqdm(total=len(jobs), initial=len(jobs) - len(todo), desc='on the graph', unit='ep')
    with bar, log.open() as stream:
        for key, row in rows_of(todo, log.path.with_name('graph.log'), tqdm.write):
            done[key] = log.write(stream, key, row)
            bar.update()
            bar.set_postfix_str(summary(done.values()))
    return [done[key] for key, _ in jobs if key in done]


def rows_of(
    todo: list[Keyed], log: Path, report: Callable[[str], None]
) -> Iterator[tuple[str, Row]]:
    """Yield rows by key; a graph that ends is restarted, and its episode has failed."""
    rest, restarts = list(todo), 0
    while rest:
        robot, policy = rest[0][1].robot, rest[0][1].policy
        sim = {'robot': robot, 'policy': policy, 'task': rest[0][1].trial.task}
        with GraphSession(SessionPlan((('sim', sim),), log), lambda _: None) as graph:
            while rest and (rest[0][1].robot, rest[0][1].policy) == (robot, policy):
                key, job = rest.pop(0)
                try:
                    row = play(graph, job)
                except UserError as error:
                    restarts += 1
                    report(f'{key}: {error}')
                    if restarts >= MAX_RESTARTS:
                        raise
                    yield key, row_of(job, '', False, GRAPH_ENDED, str(error).splitlines()[0])
                    break
                yield key, row


def play(graph: GraphSession, job: EvalJob) -> Row:
    """One episode."""
    instruction = graph.reset_scene(job.trial.task, job.seed, job.trial.overrides)
    began = time.monotonic()
    outcome = graph.execute(instruction, job.seed)
    is_done = bool(outcome.truth)
    if job.trial.overrides.get('absent'):
        is_done = outcome.code == ResultCode.REFUSED_ABSENT
    row = row_of(job, instruction, is_done, outcome.code.name, outcome.text)
    status = graph.client.status
    attempts = status.attempt if status else 0
    return {**row, 'duration': time.monotonic() - began, 'attempts': attempts}


def row_of(job: EvalJob, instruction: str, is_done: bool, code: str, text: str) -> Row:
    return {
        'trial': job.trial.name, 'seed': job.seed, 'instruction': instruction, 'success': is_done,
        'code': code, 'text': text, 'duration': 0.0, 'attempts': 0,
    }  # fmt: skip
