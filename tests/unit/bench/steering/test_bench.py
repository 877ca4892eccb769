"""Who plays which episode, and what the verifier gains."""

import argparse

import pytest

from vla_bench.steering.bench import figures_of, gains, make_jobs, play_all, title_of, wanted
from vla_bench.steering.trial import ARMS, SUITES
from vla_core.errors import UserError


def rows(arm, done, policy='early', suites=('a', 'b')):
    return [
        {
            'policy': policy, 'suite': suite, 'arm': arm, 'seed': seed, 'success': ok,
            'verdicts': 4, 'refused': 1, 'stage_b_ms': [2.0],
        }
        for suite in suites
        for seed, ok in enumerate(done)
    ]  # fmt: skip


def test_every_arm_plays_the_same_episodes():
    jobs = make_jobs('ur5e', {'early': 3, 'shipped': 1}, ARMS)
    assert len({key for key, _ in jobs}) == len(jobs) == (3 + 1) * len(SUITES) * len(ARMS)
    plays = {
        arm.name: [(j.policy, j.suite, j.seed) for _, j in jobs if j.arm == arm] for arm in ARMS
    }
    assert all(found == plays['K=1'] for found in plays.values())


def test_an_unknown_suite_lists_the_known_ones():
    jobs = make_jobs('ur5e', {'early': 2}, ARMS, 'rephrased')
    assert {SUITES[job.suite].name for _, job in jobs} == {'rephrased'}
    with pytest.raises(UserError, match='known: in distribution'):
        make_jobs('ur5e', {'early': 2}, ARMS, 'moon')


def test_an_unknown_arm_lists_the_known_ones():
    assert wanted('') == ARMS
    assert [arm.name for arm in wanted('K=2,K=1')] == ['K=1', 'K=2']
    with pytest.raises(UserError, match='known: K=1'):
        wanted('K=3')


def test_the_gain_of_ten_is_bound_over_all_suites_by_its_lower_end():
    few, many = [False] * 10 + [True] * 10, [True] * 20
    (sure,) = gains('early, all suites', rows('K=1', few) + rows('K=10', many))
    assert (sure.value, sure.bound, sure.gate, sure.ok) == (50.0, '>= 8', 'low', True)
    some = [False] * 8 + [True] * 12  # two of twenty, each in both suites
    (chance,) = gains('early, all suites', rows('K=1', few) + rows('K=10', some))
    assert (chance.value, chance.ok) == (10.0, False)
    (suite,) = gains('early, a', rows('K=1', few) + rows('K=10', many))
    assert suite.bound is None


def test_a_policy_that_seldom_fails_leaves_nothing_to_gain():
    (found,) = gains('x, all suites', rows('K=1', [True] * 20) + rows('K=10', [True] * 20))
    assert found.bound is None


def test_shares_have_intervals():
    made = {f.name: f for f in figures_of(rows('K=1', [True] * 6), 'early')}
    found = made['early, all suites: K=1']
    assert (found.value, found.n) == (1.0, 12)
    assert 0.7 < found.low < found.high == 1.0
    assert title_of('out/early/checkpoint') == 'early'
    assert title_of('checkpoints/tabletop') == 'tabletop'


def test_a_missing_early_checkpoint_names_the_commands_that_make_one(tmp_path):
    args = argparse.Namespace(
        early='out/nowhere/checkpoint', robot='ur5e', out=tmp_path, fresh=False, workers=1
    )
    jobs = make_jobs('ur5e', {args.early: 1}, ARMS[:1])
    with pytest.raises(UserError, match=r'\./vla train --demos'):
        play_all(args, jobs, 'x')
