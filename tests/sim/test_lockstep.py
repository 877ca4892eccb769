"""The whole chain in one process: perception, policy, control, shield, supervisor, simulator."""

from dataclasses import replace

import numpy as np
import pytest

from vla_core.errors import UserError
from vla_core.records.safety import Decision
from vla_core.records.task import Phase, ResultCode, TaskStatus
from vla_lockstep.episode_plan import EpisodePlan, LockstepParams
from vla_lockstep.lockstep import Lockstep
from vla_lockstep.stack import load_setup
from vla_policy.experts.scripted import ScriptedPolicy
from vla_policy.protocol import Proposal

SEED = 22


@pytest.fixture(scope='module')
def host():
    return Lockstep(load_setup('ur5e'))


class Heard:
    """Keeps what was said in the streams asked for."""

    def __init__(self, *streams):
        self.streams, self.said = streams, []

    def __call__(self, stream, record, now):
        if stream in self.streams:
            self.said.append((now, record))


class DeadPolicy(ScriptedPolicy):
    """Speaks once and never again."""

    def act(self, observation, count=1):
        if self._seq:
            return Proposal(())
        return super().act(observation, count)


class NanPolicy(ScriptedPolicy):
    """Every chunk is not a number."""

    def act(self, observation, count=1):
        chunk = super().act(observation, count).chunks[0]
        return Proposal((replace(chunk, values=np.full_like(chunk.values, np.nan)),))


def play(host, task, policy, seed=SEED, tap=None, **overrides):
    host.tap = tap
    return host.run(EpisodePlan(task, seed, overrides), policy)


@pytest.mark.parametrize('task', ['put_in', 'stack', 'push', 'press'])
def test_the_robot_does_what_it_is_told(host, task):
    result = play(host, task, ScriptedPolicy())
    assert result.success, result.text
    assert result.code == ResultCode.SUCCEEDED


@pytest.mark.parametrize(
    ('lacking', 'silent'),
    [({'monitors': ()}, 'failure, rules'), ({'verifier': None}, 'verifier')],
)
def test_a_vote_that_nobody_gives_is_named_at_once(host, lacking, silent):
    with pytest.raises(UserError, match=f'no vote from {silent}:'):
        play(Lockstep(replace(host.setup, **lacking)), 'press', ScriptedPolicy())


@pytest.mark.parametrize('less', ['without_verifier', 'without_monitors'])
def test_without_monitors_nobody_waits_for_them(host, less):
    result = play(Lockstep(getattr(host.setup, less)()), 'press', ScriptedPolicy())
    assert result.success, result.text


def test_the_same_seed_gives_the_same_motion(host):
    first, second = Heard('arm_command'), Heard('arm_command')
    play(host, 'push', ScriptedPolicy(), tap=first)
    play(host, 'push', ScriptedPolicy(), tap=second)
    assert len(first.said) == len(second.said) > 100
    for (_, a), (_, b) in zip(first.said, second.said, strict=True):
        np.testing.assert_array_equal(a.position, b.position)


def test_what_is_not_there_is_refused_in_words(host):
    heard = Heard('arm_command')
    result = play(host, 'put_in', ScriptedPolicy(), tap=heard, absent=True)
    assert result.code == ResultCode.REFUSED_ABSENT
    assert 'detected: ' in result.text
    moved = np.ptp([record.position[record.next_row] for _, record in heard.said], axis=0)
    assert np.all(moved <= 1e-3)


def test_a_policy_that_dies_leaves_the_arm_standing(host):
    heard = Heard('report', 'arm_command')
    setup = replace(host.setup, host=LockstepParams(timeout=12.0))
    result = play(Lockstep(setup), 'put_in', DeadPolicy(), tap=heard)
    assert not result.success
    assert result.code in (ResultCode.STOPPED, ResultCode.TIMEOUT)
    assert result.text


def test_a_policy_of_nans_never_moves_the_arm():
    """Until the supervisor, after a long hold, plans a way back for it."""
    heard = Heard('status', 'arm_command')
    host = Lockstep(replace(load_setup('ur5e'), host=LockstepParams(timeout=8.0)))
    result = play(host, 'put_in', NanPolicy(), tap=heard)
    assert not result.success
    phase, tries = Phase.IDLE, [[]]
    for _, record in heard.said:
        if isinstance(record, TaskStatus):
            phase = record.phase
            tries.append([])
        elif phase == Phase.RUNNING:
            tries[-1].append(record.position[record.next_row])
    stood = [np.ptp(commands, axis=0) for commands in tries if commands]
    assert sum(map(len, tries)) > 300
    assert np.all(np.array(stood) <= 5e-3)


def test_nothing_is_asked_that_the_shield_must_stop(host):
    heard = Heard('report')
    play(host, 'put_in', ScriptedPolicy(), tap=heard)
    stops = [r for _, r in heard.said if r.decision in (Decision.BRAKE, Decision.REJECTED)]
    assert not stops, stops[0].reason
