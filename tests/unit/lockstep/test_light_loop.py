"""The light loop: the expert does a task on true scenes, and what it saw is handed on."""

import numpy as np
import pytest

from vla_lockstep.episode_plan import EpisodePlan
from vla_lockstep.light_loop import LightLoop, LightLoopParams
from vla_lockstep.perturb import PerturbedPolicy, PerturbParams
from vla_lockstep.stack import load_setup
from vla_policy.experts.scripted import ScriptedPolicy
from vla_policy.protocol import Proposal


@pytest.fixture(scope='module')
def loop():
    return LightLoop(load_setup('ur5e'))


@pytest.mark.parametrize('task', ['press', 'open'])
def test_the_expert_does_the_task_and_every_inference_is_handed_on(loop, task):
    seen = []
    result = loop.run(EpisodePlan(task, 0), ScriptedPolicy(), lambda *more: seen.append(more))
    assert result.success
    assert result.duration < loop.params.timeout
    assert len(seen) == result.inferences > 5
    stamps = np.array([observation.stamp for _, observation, _ in seen])
    assert np.diff(stamps) == pytest.approx(0.2, abs=0.011)
    assert {o.task_id for _, o, _ in seen} == {p.chunks[0].task_id for _, _, p in seen}
    assert loop.world.success()


def test_a_policy_that_proposes_nothing_fails_at_the_time_limit():
    class Silent(ScriptedPolicy):
        def act(self, observation, count=1):
            return Proposal(())

    loop = LightLoop(load_setup('ur5e'), LightLoopParams(timeout=1.0))
    result = loop.run(EpisodePlan('press', 0), Silent())
    assert not result.success
    assert result.duration == pytest.approx(1.0, abs=0.02)


def test_the_label_is_the_clean_proposal_and_the_arm_executes_the_shifted_one(loop):
    policy = PerturbedPolicy(ScriptedPolicy(), PerturbParams(position=0.05, share=1.0))
    shifted, labels = [], []
    executed = policy.executed
    policy.executed = lambda chunk: shifted.append(executed(chunk)) or shifted[-1]
    loop.run(EpisodePlan('press', 1), policy, lambda *more: labels.append(more[2].chunks[0]))
    moved = [np.abs(a.values - b.values).max() for a, b in zip(labels, shifted, strict=True)]
    assert max(moved) > 0.02


def test_the_task_runs_from_the_first_cycle(loop):
    seen = []
    loop.run(EpisodePlan('press', 2), ScriptedPolicy(), lambda *more: seen.append(more[1]))
    assert seen[0].stamp < 0.3
