"""F21 before a graph is there: what is counted, what is started, and what is bound to what."""

from argparse import Namespace
from types import SimpleNamespace

import numpy as np
import pytest

from vla_bench.faults import bench, features
from vla_bench.faults.catalogue import FAULTS, FaultCase, FaultSetup
from vla_bench.faults.features import (
    CORRUPTIONS,
    POLICY,
    counted,
    held_for,
    is_unscored,
    rebound,
    unfit,
)
from vla_bench.faults.observer import ReceivedMessage
from vla_core.errors import UserError
from vla_core.records.action import PolicyFeatures
from vla_core.records.safety import Decision, Verdict
from vla_core.result import Figure
from vla_monitor.failure import calibration
from vla_monitor.failure.attempt import Attempt
from vla_monitor.failure.detector_loading import binding_of
from vla_policy.registry import find_checkpoint

ARGS = Namespace(policy='scripted', robot='ur5e', seed=7, factor=1.0)


def at(*times):
    return [ReceivedMessage(time, None) for time in times]


def test_what_came_before_the_answer_is_counted_and_nothing_without_one():
    assert counted(at(1.0, 1.2, 1.4), ReceivedMessage(1.3, None)) == 2.0
    assert str(counted(at(1.0), None)) == str(counted([], ReceivedMessage(1.0, None))) == 'nan'


def test_unknown_for_another_reason_does_not_count():
    silent = SimpleNamespace(verdict=Verdict.UNKNOWN, reason='no features from the policy')
    broken = SimpleNamespace(verdict=Verdict.UNKNOWN, reason='features are not finite')
    failed = SimpleNamespace(verdict=Verdict.FAIL, reason='features are not finite')
    assert [is_unscored(score, 'finite') for score in (silent, broken, failed)] == [0, 1, 0]


def test_a_hold_counts_when_the_detector_asked_for_it_and_says_why():
    def said(decision, rule, reason):
        return ReceivedMessage(
            1.0, SimpleNamespace(decision=decision, rules=(rule,), reason=reason)
        )

    mine = said(Decision.HOLD, 'vote:failure', 'failure votes HOLD: features are not finite')
    others = [
        said(Decision.SLOWED, 'vote:failure', 'features are not finite'),
        said(Decision.HOLD, 'vote:failure', 'no features from the policy'),
        said(Decision.HOLD, 'votes:silence', 'features are not finite'),
    ]
    rig = SimpleNamespace(observer=SimpleNamespace(since=lambda *_: [*others, mine]))
    assert held_for(rig, 'finite', 0.0) is mine
    rig.observer.since = lambda *_: others
    assert held_for(rig, 'finite', 0.0) is None


def test_the_copy_is_bound_to_other_weights_and_to_nothing_else(tmp_path):
    shipped = find_checkpoint(POLICY)
    made = calibration.load(rebound(shipped, tmp_path) / calibration.FOLDER)
    here = binding_of(shipped, 0.2)
    differences = made.binding.differences(here)
    assert differences == [f'checkpoint is {here.checkpoint}, calibrated for {features.OTHER}']
    with pytest.raises(UserError, match=features.OTHER):
        calibration.require_fit(tmp_path, made, here)


def test_a_robot_or_a_policy_that_has_no_features_leaves_the_fault_out_and_says_why():
    assert unfit(ARGS) == ''
    assert unfit(Namespace(policy='scripted', robot='fr3')) == 'the checkpoint is for ur5e'
    assert 'nowhere' in unfit(Namespace(policy='nowhere', robot='ur5e'))


def test_its_graph_has_the_checkpoint_and_the_proxy_before_the_failure_node(tmp_path):
    args = Namespace(**vars(ARGS), out=tmp_path)
    plan = bench.plan_of(args, FAULTS['F21'], 'F21')
    launches = dict(plan.launches)
    assert launches['sim']['policy'] == POLICY
    assert launches['proxy']['topics'] == 'features'
    assert plan.extra == {'failure': ('-r', 'features:=features/spoilt')}
    scripted = bench.plan_of(args, FAULTS['F1'], 'F1')
    assert dict(scripted.launches)['sim']['policy'] == 'scripted'
    assert 'failure' not in scripted.extra


def test_what_is_shown_without_a_graph_comes_after_the_graph_is_gone(monkeypatch):
    happened = []

    def on_graph(*_):
        happened.append('up')
        yield 'F0', [Figure('live', 1.0)]
        happened.append('down')

    def alone(_):
        happened.append('alone')
        yield Figure('alone', 1.0)

    both = FaultCase(FaultSetup.PLAIN, live=lambda *_: iter(()), alone=alone)
    monkeypatch.setitem(FAULTS, 'F0', both)
    monkeypatch.setattr(bench, 'play_on_graph', on_graph)
    ((name, figures),) = bench.play(ARGS, ['F0'], happened.append, lambda _: None)
    assert (name, [figure.name for figure in figures]) == ('F0', ['live', 'alone'])
    assert happened == ['up', 'down', 'F0', 'alone']


def test_a_fault_with_a_part_without_a_graph_has_its_graph_for_itself(monkeypatch):
    both = FaultCase(FaultSetup.PLAIN, live=lambda *_: iter(()), alone=lambda _: iter(()))
    monkeypatch.setitem(FAULTS, 'F0', both)
    assert list(bench.groups(['F5', 'F0', 'F6', 'F8'])) == [['F5'], ['F0'], ['F6', 'F8']]


FEATURES = {
    'NaN': ('schema', [1.0, np.nan]),
    'lack a column': ('schema', [1.0]),
    'with a column more': ('schema', [1.0, 2.0, 3.0]),
    'of other weights': ('schemb', [1.0, 2.0]),
}


@pytest.mark.parametrize(('corruption', '_order', 'text'), CORRUPTIONS)
def test_the_bench_waits_for_a_reason_that_the_detector_gives(corruption, _order, text):
    """A reworded reason must not look like a detector that does not answer."""
    schema, values = FEATURES[corruption]
    binding = SimpleNamespace(schema='schema', horizon=16, step=0.1)
    attempt = SimpleNamespace(calibration=SimpleNamespace(binding=binding), _width=2)
    feature = PolicyFeatures(1.0, 'task', 0, schema, np.array(values))
    assert text in Attempt._mismatch(attempt, feature, None)
