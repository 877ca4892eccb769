"""Policies by name, and the replay of a recording."""

from dataclasses import replace

import numpy as np
import pytest
from toy import scene_of

from vla_core.errors import UserError
from vla_core.records.scene import Verb
from vla_policy.experts.scripted import ScriptedPolicy
from vla_policy.registry import load_policy, may_look
from vla_policy.replay import ReplayPolicy


def recording(count=5):
    toy, policy = scene_of(Verb.PUT_IN, 1), ScriptedPolicy()
    chunks = []
    for _ in range(count):
        chunks.append(policy.act(toy.observe()).chunks[0])
        toy.follow(chunks[-1])
    return chunks


def test_an_unknown_policy_names_the_known_ones(ur5e):
    with pytest.raises(UserError, match='scripted, replay:'):
        load_policy('skripted', ur5e)


def test_the_scripted_policy_is_found_by_name(ur5e):
    assert load_policy('scripted', ur5e).info.name == 'scripted'


def test_an_episode_is_read_by_whoever_can(ur5e, tmp_path):
    with pytest.raises(UserError, match='no reader for recorded episodes'):
        load_policy('replay:a.mcap', ur5e)
    asked = []
    policy = load_policy('replay:a.mcap', ur5e, lambda path: asked.append(path) or recording())
    assert asked[0].name == 'a.mcap'
    assert policy.info.horizon == 16


def test_replay_repeats_the_chunks_by_the_time_since_the_start():
    chunks, toy = recording(), scene_of(Verb.PUT_IN, 1)
    policy = ReplayPolicy(chunks)
    observation = toy.observe()
    for k, recorded in enumerate(chunks):
        later = replace(observation, stamp=100.0 + 0.2 * k + 1e-6, task_id='other')
        chunk = policy.act(later).chunks[0]
        np.testing.assert_array_equal(chunk.values, recorded.values)
        assert chunk.stamp == later.stamp
        assert chunk.start == pytest.approx(later.stamp, abs=1e-3)
        assert (chunk.task_id, chunk.seq) == ('other', k + 1)
    over = policy.act(replace(observation, stamp=200.0, task_id='other')).chunks[0]
    np.testing.assert_array_equal(over.values, chunks[-1].values)


def test_a_recording_without_chunks_is_refused():
    with pytest.raises(UserError, match='no chunks'):
        ReplayPolicy([])


@pytest.mark.parametrize(
    ('spec', 'looks'),
    [
        ('checkpoints/vision', True),
        ('checkpoints/tabletop', False),
        ('remote:ws://localhost:8900', True),
        ('openpi:ws://localhost:8000#droid', True),
        ('scripted', False),
        ('checkpoints/none', False),  # load_policy names it
        ('', False),
    ],
)
def test_which_policies_may_be_given_pictures(spec, looks):
    assert may_look(spec) == looks
