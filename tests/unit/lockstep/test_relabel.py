"""The learner drives, the expert labels."""

from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from vla_core.records.action import Space
from vla_lockstep.relabel import RelabelledPolicy, RelabelParams
from vla_policy.protocol import PolicyInfo, Proposal


@dataclass
class Fixed:
    """Always the same chunk."""

    name: str
    has_chunk: bool = True
    cameras: tuple[str, ...] = ()

    @property
    def info(self):
        return PolicyInfo(self.name, Space.EE_DELTA, (), 0.1, 1, self.name, self.cameras)

    def reset(self, task_id, instruction, seed):
        self.task = task_id

    def act(self, observation, count=1):
        chunk = SimpleNamespace(stamp=observation.stamp, of=self.name)
        return Proposal((chunk,) if self.has_chunk else ())


def drivers(policy, seconds=200.0):
    policy.reset('t', 'press it', 3)
    found = []
    for stamp in np.arange(0.0, seconds, 0.2):
        (label,) = policy.act(SimpleNamespace(stamp=stamp)).chunks
        assert label.of == 'expert'
        found.append(policy.executed(label).of)
    return found


def test_the_expert_labels_and_the_learner_drives_most_of_the_time():
    policy = RelabelledPolicy(
        Fixed('learner', cameras=('scene',)), Fixed('expert'), RelabelParams(share=0.75)
    )
    assert policy.info.cameras == ('scene',)
    found = drivers(policy, 2000.0)
    assert found.count('learner') / len(found) == pytest.approx(0.75, abs=0.06)
    changes = sum(a != b for a, b in pairwise(found))
    assert 100 < changes < 600  # stretches of seconds, not of one inference


def test_where_the_learner_has_nothing_the_expert_drives():
    policy = RelabelledPolicy(Fixed('learner', False), Fixed('expert'), RelabelParams(share=1.0))
    assert set(drivers(policy)) == {'expert'}


def test_both_begin_the_attempt():
    policy = RelabelledPolicy(Fixed('learner'), Fixed('expert'), RelabelParams())
    policy.reset('t', 'press it', 1)
    assert (policy.learner.task, policy.expert.task) == ('t', 't')
