"""Planted mistakes are found and named; what names another mistake does not count."""

import dataclasses
from math import nan
from typing import ClassVar

import pytest

from vla_bench.commission import bench, control
from vla_bench.commission.changes import flange_of
from vla_bench.commission.graph import GraphFaults
from vla_bench.commission.mistakes import CLEAN, mistakes
from vla_bench.commission.trial import (
    CommissionOutcome,
    CommissionTrial,
    LockstepPerson,
    mistake_of,
    named,
    play,
    rig_of,
)
from vla_commission.finding import fail, ok, warning
from vla_commission.motion.guide import Guide
from vla_commission.motion.rehearsal import CASES, rehearse
from vla_core.robot.config import load_robot
from vla_core.robot.topic_names import resolved
from vla_sim.faults.kinds import Fault, FaultKind

ROBOT = resolved(load_robot('ur5e'))
PLANTED = mistakes(ROBOT)


def test_there_are_25_mistakes_with_different_names():
    assert len({m.name for m in PLANTED}) == len(PLANTED) >= 25
    assert all(m.checks for m in PLANTED)


GRAPH = [m.name for m in PLANTED if m.graph != GraphFaults()]


@pytest.mark.parametrize('name', ['K is zero', 'wrong restart rule', 'inverted joint', *GRAPH])
def test_a_planted_mistake_is_named(name):
    outcome = play(CommissionTrial('ur5e', name))
    assert outcome.is_named, outcome.others


def test_another_finding_or_another_word_names_nothing():
    mistake = next(m for m in PLANTED if m.name == 'missing joint')
    lost = mistake.driver.lost_joint
    assert named(mistake, [fail('joints.missing', f'lacks {lost}', '')])
    assert not named(mistake, [fail('joints.missing', 'lacks elbow', '')])
    assert not named(mistake, [fail('topics.missing', f'lacks {lost}', '')])
    assert not named(mistake, [ok('joints.missing', f'lacks {lost}')])


def outcomes(missed, false):
    planted = {
        CommissionTrial('ur5e', m.name): CommissionOutcome(k >= missed, ())
        for k, m in enumerate(PLANTED)
    }
    clean = {
        CommissionTrial('ur5e', CLEAN.name, k): CommissionOutcome(False, ('x',) * (k < false))
        for k in range(10)
    }
    return {**planted, **clean}


@pytest.mark.parametrize(
    ('missed', 'false', 'is_ok'), [(0, 0, True), (1, 0, True), (2, 0, False), (0, 1, False)]
)
def test_more_than_one_miss_in_25_or_a_false_finding_fails(missed, false, is_ok):
    assert all(f.ok for f in bench.figures(outcomes(missed, false), ['ur5e'])) is is_ok
    assert len(bench.problems(outcomes(missed, false))) == missed + false


def test_always_ok_finds_nothing():
    assert control._count(PLANTED, [ok('all', 'always ok')]) == 0
    assert control._count(PLANTED, [warning('scaling.low', 'runs at 10 %', '')]) == 1


def test_the_flange_moves_with_the_tip():
    assert flange_of(ROBOT) == 'wrist_3_link'


class WorldProvoker:
    """Injects into the simulated world; the fault acts at once."""

    kinds: ClassVar = {
        'joint_states': FaultKind.JOINT_SILENCE,
        'vendor_stop': FaultKind.COMMAND_LOSS,
    }

    def __init__(self, rig):
        self.rig, self.at = rig, nan

    def begin(self, fault):
        self.at = self.rig.now
        if fault in self.kinds:
            self.rig.driver.world.inject(Fault(self.kinds[fault]))

    def end(self, fault):
        self.rig.driver.world.inject(Fault(FaultKind.NONE))

    def began_at(self, fault):
        return self.at


class Willing(LockstepPerson):
    """Consents to what can be rehearsed without perception."""

    def ask(self, key, question, picture=None):
        return key != 'rehearse.camera'


def rehearsed(monkeypatch, bound=None):
    if bound is not None:
        cases = tuple(dataclasses.replace(case, bound=bound) for case in CASES)
        monkeypatch.setattr('vla_commission.motion.rehearsal.CASES', cases)
        monkeypatch.setattr('vla_commission.motion.rehearsal.MARGIN', 0.0)
    trial = CommissionTrial('ur5e')
    rig = rig_of(trial, mistake_of(trial))
    results = rehearse(lambda: Guide(rig), Willing(rig), WorldProvoker(rig), lambda _: None)
    return {r.case.fault: r for r in results}


def test_a_rehearsal_measures_each_fault_with_consent(monkeypatch):
    found = rehearsed(monkeypatch)
    outcomes = {fault: r.outcome for fault, r in found.items()}
    assert outcomes.pop('camera') == 'not rehearsed'
    assert set(outcomes.values()) == {'kept'}, found
    assert 0.05 <= found['joint_states'].seconds <= 0.1
    assert found['shield'].distance < 0.01


def test_a_reaction_after_its_bound_is_missed(monkeypatch):
    found = rehearsed(monkeypatch, bound=0.01)
    assert found['policy'].outcome == found['joint_states'].outcome == 'missed'
