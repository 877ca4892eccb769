"""An instruction that is ignored must count as wrong."""

import argparse
from types import SimpleNamespace

from vla_bench.switching.control import CLAIM, IGNORED, LEARNED, figures, make_jobs
from vla_bench.switching.trial import MOMENTS, SwitchPlan, SwitchTrial
from vla_bringup.graph.defaults import POLICY

ARGS = argparse.Namespace(robot='ur5e', policy='scripted', seed=7, episodes=2)


def rows(ignored):
    return [
        {'arm': arm, 'moment': moment, 'success': arm != IGNORED or ignored, 'mishaps': {}}
        for arm in (CLAIM, LEARNED, IGNORED)
        for moment in MOMENTS
        for _ in range(5)
    ]


def test_every_arm_plays_the_same_episodes():
    jobs = make_jobs(ARGS)
    assert len({key for key, _ in jobs}) == len(jobs) == 3 * 2 * len(MOMENTS)
    plays = {
        arm: [(j.plan.moment, j.plan.seed, j.plan.task) for _, j in jobs if j.arm == arm]
        for arm in (CLAIM, LEARNED, IGNORED)
    }
    assert plays[CLAIM] == plays[LEARNED] == plays[IGNORED]
    assert {(j.arm, j.policy, j.plan.is_ignored) for _, j in jobs} == {
        (CLAIM, 'scripted', False), (LEARNED, POLICY, False), (IGNORED, 'scripted', True),
    }  # fmt: skip


def test_the_control_must_fail():
    name = f'control, {IGNORED}: right behaviour'
    assert {f.name: f.ok for f in figures(rows(False))}[name]
    assert not {f.name: f.ok for f in figures(rows(True))}[name]


def test_an_ignored_instruction_is_told_to_nobody():
    told = []
    executive = SimpleNamespace(
        status=SimpleNamespace(task_id='first'),
        start=lambda *args: told.append(args),
        cancel=lambda *args: told.append(args),
    )
    trial = SimpleNamespace(
        plan=SwitchPlan('mid', 0, 'put_in', is_ignored=True),
        run_of=SimpleNamespace(executive=executive),
        sim=SimpleNamespace(time=1.0),
    )
    assert SwitchTrial._speak(trial) == 'first'
    assert told == []
