"""The announced plan step: from scene and memory, as text that can be parsed."""

from dataclasses import replace

import numpy as np
import pytest
from test_learned import Mute, saved  # noqa: F401 - a fixture
from toy import scene_of

from vla_core.records.plan_step import StepKind, parse_step
from vla_core.records.scene import Role, Verb
from vla_policy import checkpoint
from vla_policy.experts.planning import plan_step
from vla_policy.experts.scripted import ScriptedPolicy
from vla_policy.learned import LearnedPolicy
from vla_policy.object_model import ObjectModel
from vla_policy.objects.memory import Memory

ORDER = {
    Verb.PUT_IN: ['reach', 'grasp', 'carry', 'lower', 'release', 'retreat'],
    Verb.STACK: ['reach', 'grasp', 'carry', 'lower', 'release', 'retreat'],
    Verb.PUSH: ['go behind', 'push', 'retreat'],
    Verb.PRESS: ['press', 'retreat'],
}


@pytest.mark.parametrize('verb', ORDER)
def test_the_steps_of_a_task_come_in_order_and_can_be_read(verb):
    toy, memory, policy = scene_of(verb, 3, noise=0.0), Memory(), ScriptedPolicy()
    said = []
    for _ in range(120):
        observation = toy.observe()
        step = parse_step(plan_step(observation, memory.update(observation)))
        if step.kind.value not in said:
            said.append(step.kind.value)
        if step.object:
            assert step.object == toy.things[Role.TARGET].label
        toy.follow(policy.act(observation).chunks[0])
        if step.kind == StepKind.RETREAT:
            break
    assert said == ORDER[verb]


def test_without_a_target_it_looks():
    toy = scene_of(Verb.PUT_IN, 1, noise=0.0)
    observation = toy.observe()
    scene = replace(observation.scene, objects=())
    assert plan_step(replace(observation, scene=scene), Memory().recall) == 'look'


def test_all_candidates_state_one_step_and_differ_in_what_they_do(saved, ur5e):  # noqa: F811
    policy = LearnedPolicy(checkpoint.load(saved, ur5e, ObjectModel), plan_step, Mute())
    observation = scene_of(Verb.PUT_IN, 1).observe()
    policy.reset('t', 'put it', 4)
    chunks = policy.act(observation, 6).chunks
    assert {chunk.plan_step for chunk in chunks} == {'reach the red cube'}
    assert [chunk.candidate for chunk in chunks] == list(range(6))
    values = np.array([chunk.values[:, :3] for chunk in chunks])
    apart = np.linalg.norm(values[:, None] - values[None], axis=(2, 3))
    assert apart[~np.eye(6, dtype=bool)].min() > 1e-3
