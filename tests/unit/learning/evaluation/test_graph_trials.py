"""Evaluation on the graph, with a graph that is not one."""

import json
from types import SimpleNamespace

import pytest

from vla_bringup.graph.session import TaskOutcome
from vla_core.errors import UserError
from vla_core.records.task import ResultCode
from vla_learning.evaluation import graph_trials
from vla_learning.evaluation.evaluate import EvalJob
from vla_learning.evaluation.suites import EvalTrial
from vla_lockstep.row_log import RowLog

PUT, ABSENT = EvalTrial('put_in', 'put_in'), EvalTrial('absent', 'put_in', {'absent': True})


class FakeGraph:
    """Answers by the seed: 13 ends the graph, odd ones fail."""

    started = 0
    status = SimpleNamespace(attempt=1)

    def __init__(self, plan, say):
        type(self).started += 1
        self.client = self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def reset_scene(self, task, seed, overrides):
        return f'{task} {seed}'

    def execute(self, words, seed):
        if seed == 13:
            raise UserError('the graph ended: shield: SIGKILL\n  its last words')
        if words == 'put_in 99':
            return TaskOutcome(ResultCode.REFUSED_ABSENT, 'no red cube', '1', False)
        return TaskOutcome(ResultCode.SUCCEEDED, 'done', '1', seed % 2 == 0)


@pytest.fixture(autouse=True)
def graph(monkeypatch):
    monkeypatch.setattr(graph_trials, 'GraphSession', FakeGraph)
    FakeGraph.started = 0
    return FakeGraph


def log_in(folder, name='log', made_by='abc'):
    return RowLog(folder / f'{name}.jsonl', made_by)


def jobs(*seeds, trial=PUT):
    return [(f'{trial.name}/{seed}', EvalJob('ur5e', 'scripted', trial, seed)) for seed in seeds]


def test_one_graph_plays_all_and_truth_decides(tmp_path, graph):
    rows = graph_trials.play_all(jobs(2, 3, 4), log_in(tmp_path))
    assert [row['success'] for row in rows] == [True, False, True]
    assert [row['code'] for row in rows] == ['SUCCEEDED'] * 3
    assert graph.started == 1


def test_refusing_what_is_absent_is_a_success(tmp_path):
    (row,) = graph_trials.play_all(jobs(99, trial=ABSENT), log_in(tmp_path))
    assert row['success']
    (row,) = graph_trials.play_all(jobs(2, trial=ABSENT), log_in(tmp_path, 'other'))
    assert not row['success']


def test_what_is_in_the_log_is_not_played_again(tmp_path, graph):
    log = log_in(tmp_path)
    graph_trials.play_all(jobs(2, 3), log)
    rows = graph_trials.play_all(jobs(2, 3, 4), log)
    assert len(rows) == 3
    assert [json.loads(line)['seed'] for line in log.path.read_text().splitlines()] == [2, 3, 4]
    graph_trials.play_all(jobs(2, 3, 4), log)
    assert graph.started == 2


def test_what_other_code_has_played_is_played_again(tmp_path, graph):
    graph_trials.play_all(jobs(2), log_in(tmp_path, made_by='old'))
    graph_trials.play_all(jobs(2), log_in(tmp_path))
    assert graph.started == 2


def test_an_episode_that_ends_the_graph_has_failed_and_the_rest_is_played(tmp_path, graph):
    rows = graph_trials.play_all(jobs(2, 13, 4), log_in(tmp_path))
    assert [row['code'] for row in rows] == ['SUCCEEDED', graph_trials.GRAPH_ENDED, 'SUCCEEDED']
    assert 'shield' in rows[1]['text']
    assert graph.started == 2


def test_a_graph_that_keeps_ending_ends_the_evaluation(tmp_path):
    with pytest.raises(UserError, match='shield'):
        graph_trials.play_all(
            [(f'{k}', EvalJob('ur5e', 'scripted', PUT, 13)) for k in range(9)], log_in(tmp_path)
        )
