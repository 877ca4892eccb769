"""Labelled rollouts: the disturbance is drawn by seed, the label follows the intended task."""

import argparse
from collections import Counter

import numpy as np
import pytest

from vla_core.errors import UserError
from vla_core.params import load_params
from vla_core.stack_root import stack_root
from vla_learning.failure import rollouts
from vla_learning.failure.rollout_plan import (
    CAUSES,
    NATURAL,
    SUITES,
    TYPICAL,
    WITHOUT,
    disturbance,
    other_words,
    paced,
    parse_causes,
)
from vla_learning.failure.rollout_trial import describe
from vla_lockstep.episode_plan import LockstepParams
from vla_lockstep.stack import SCENE
from vla_sim.faults.kinds import FaultKind
from vla_sim.scenes.scene_params import SceneParams
from vla_sim.scenes.tasks import sample_episode

KINDS = SUITES['tabletop']


@pytest.fixture(scope='module')
def scene():
    return load_params(SceneParams, stack_root() / SCENE)


def drawn(kind, count=300, causes=tuple(CAUSES)):
    return [disturbance(kind, seed, causes) for seed in range(count)]


def test_the_suite_has_at_least_eight_kinds_of_tasks_with_names_of_their_own():
    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 8


@pytest.mark.parametrize('kind', KINDS, ids=lambda kind: kind.name)
def test_every_cause_that_makes_sense_for_a_task_occurs_in_time(kind):
    found = drawn(kind)
    wanted = set(CAUSES) - set(WITHOUT.get(kind.task, ()))
    assert {wrong.cause for wrong in found} == wanted
    assert all(0.0 <= wrong.at <= 0.5 * TYPICAL[kind.task] for wrong in found)


def test_a_seed_always_means_the_same_and_kinds_differ():
    assert drawn(KINDS[0]) == drawn(KINDS[0])
    assert [w.cause for w in drawn(KINDS[0])] != [w.cause for w in drawn(KINDS[1])]


def test_only_the_causes_asked_for_occur():
    assert {w.cause for w in drawn(KINDS[0], 40, (NATURAL,))} == {NATURAL}
    press = next(kind for kind in KINDS if kind.task == 'press')
    assert {w.cause for w in drawn(press, 40, ('slippery',))} == {NATURAL}


def test_a_blocked_camera_comes_back_and_everything_else_stays():
    for wrong in drawn(KINDS[0]):
        assert np.isfinite(wrong.length) == (wrong.cause == 'camera')


def test_a_thing_is_taken_away_only_where_it_is_carried():
    for kind in KINDS:
        kinds = {wrong.fault.kind for wrong in drawn(kind) if wrong.cause == 'moved'}
        assert (FaultKind.REMOVE_TARGET in kinds) == (kind.task in ('put_in', 'stack'))


@pytest.mark.parametrize('kind', KINDS, ids=lambda kind: kind.name)
def test_other_words_mean_something_else(kind, scene):
    said = Counter()
    for seed in range(2_000_000, 2_000_020):
        episode = sample_episode(kind.task, seed, scene, dict(kind.overrides))
        said[other_words(episode) == episode.instruction] += 1
    assert said[True] == 0


def test_an_unknown_cause_lists_the_known_ones():
    with pytest.raises(UserError, match='known: natural, dynamics'):
        parse_causes('gremlins')


def jobs(tmp_path, **given):
    parser = argparse.ArgumentParser()
    rollouts.add_arguments(parser)
    words = [word for name, value in given.items() for word in (f'--{name}', str(value))]
    return rollouts.make_jobs(parser.parse_args(words), tmp_path)


def test_rollouts_take_turns_over_the_tasks_and_have_keys_and_files_of_their_own(tmp_path):
    made = jobs(tmp_path, n=len(KINDS) + 2)
    assert [job.kind.name for _, job in made[:2]] == [kind.name for kind in KINDS[:2]]
    assert made[len(KINDS)][1].kind.name == KINDS[0].name
    assert len({key for key, _ in made}) == len({job.file for _, job in made}) == len(made)
    assert len({job.seed for _, job in made}) == len(made)


def test_an_unknown_task_lists_the_known_ones(tmp_path):
    with pytest.raises(UserError, match='known: put_in cube'):
        jobs(tmp_path, tasks='juggle')


def test_a_policy_without_features_is_refused(tmp_path):
    parser = argparse.ArgumentParser()
    rollouts.add_arguments(parser)
    args = parser.parse_args(['--policy', 'scripted', '--out', str(tmp_path)])
    with pytest.raises(UserError, match='has no features'):
        rollouts.write_about(args, tmp_path)


def test_what_went_wrong_is_said_in_words():
    for wrong in drawn(KINDS[0], 60):
        assert bool(describe(wrong)) == (wrong.cause != NATURAL)


def test_half_of_the_rollouts_are_of_a_slow_machine():
    host = LockstepParams()
    hosts = [paced(host, seed) for seed in range(400)]
    late = np.array([made.scene_delay + made.chunk_delay for made in hosts])
    usual = host.scene_delay + host.chunk_delay
    assert 0.4 < np.mean([made == host for made in hosts]) < 0.6
    assert usual <= late.min()
    assert 5 * usual < late.max() <= 10 * usual
    assert hosts[3] == paced(host, 3)
