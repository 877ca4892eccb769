"""What the policy gets in place of the observation."""

from types import SimpleNamespace

import numpy as np
import pytest

from vla_bench.policy_inputs.trial import (
    TASKS,
    AlteredPolicy,
    other_sentence,
    with_sentence,
    without_roles,
)
from vla_core.records.scene import (
    GroundedObject,
    GroundedScene,
    ParsedTask,
    Role,
    TargetStatus,
    Verb,
)
from vla_core.records.sensing import Observation
from vla_lockstep.stack import load_setup


def observation():
    found = GroundedObject(
        1, 'red cube', 'red', 'cube', Role.TARGET, 1.0, np.zeros(3), 0.0, np.ones(3), 0.001
    )
    task = ParsedTask(Verb.PUSH, side='left')
    scene = GroundedScene(0.0, 't', task, (found,), TargetStatus.PRESENT)
    joints = np.zeros(6)
    return Observation(
        0.0, 't', 'push the red cube left', scene, joints, joints, np.eye(4), 0.0, 0.0
    )


def test_without_roles_no_object_is_the_target():
    altered = without_roles(observation()).scene
    assert altered.by_role(Role.TARGET) is None
    assert [found.label for found in altered.objects] == ['red cube']


def test_only_the_sentence_is_replaced():
    altered = with_sentence('')(observation())
    assert altered.instruction == ''
    assert altered.scene.task.verb == Verb.PUSH
    assert altered.scene.by_role(Role.TARGET) is not None


@pytest.mark.parametrize('task', TASKS)
def test_the_other_sentence_is_of_another_task(task):
    setup = load_setup('ur5e')
    own = {other_sentence(name, 900_000, setup) for name in TASKS}
    assert len(own) == len(TASKS)
    assert other_sentence(task, 900_000, setup) == other_sentence(task, 900_000, setup)


def test_the_wrapped_policy_gets_no_other_sentence():
    heard = []
    policy = SimpleNamespace(
        info='card',
        reset=lambda *args: heard.append(args),
        act=lambda observed, count: heard.append((observed.instruction, count)),
    )
    wrapped = AlteredPolicy(policy, with_sentence('other'))
    wrapped.reset('t', 'push the red cube left', 3)
    wrapped.act(observation(), 2)
    assert heard == [('t', '', 3), ('other', 2)]
    assert wrapped.info == 'card'
