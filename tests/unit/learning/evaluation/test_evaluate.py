"""Trials, jobs and figures of an evaluation."""

import argparse

import pytest

from vla_bringup.graph.defaults import POLICY
from vla_core.errors import UserError
from vla_learning.evaluation.evaluate import (
    add_arguments,
    make_jobs,
    name_of,
    summarise,
    table,
)
from vla_learning.evaluation.suites import SUITES, EvalTrial


def arguments(*words):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    args = parser.parse_args(words)
    args.policy = args.policy or 'scripted'
    return args


def test_a_cut_short_run_says_something_about_each_trial():
    jobs = make_jobs(arguments('--episodes', '2', '--trials', 'put_in,stack'))
    assert [job.trial.name for _, job in jobs] == ['put_in', 'stack', 'put_in', 'stack']


def test_an_unknown_trial_lists_the_known_ones():
    with pytest.raises(UserError, match='known: put_in'):
        make_jobs(arguments('--trials', 'juggle'))


def test_test_seeds_are_not_those_of_training():
    assert all(job.seed >= 1_000_000 for _, job in make_jobs(arguments('--episodes', '3')))


def test_figures_carry_counts_and_intervals():
    rows = [{'trial': 'a', 'success': k < 9} for k in range(10)]
    figure = summarise('x', rows, (EvalTrial('a', 'put_in', {}, '>= 0.95'),)).figures[0]
    assert (figure.value, figure.n, figure.ok) == (0.9, 10, False)
    assert 0.5 < figure.low < 0.9 < figure.high < 1.0


def test_a_bound_reads_the_lower_end_and_a_small_n_is_said_to_decide_nothing():
    trials = (EvalTrial('a', 'put_in', {}, '>= 0.95'),)
    enough, few = (
        [{'trial': 'a', 'success': True, 'seed': k} for k in range(n)] for n in (100, 20)
    )
    assert summarise('x', enough, trials).ok
    result = summarise('x', few, trials)
    assert not result.ok
    assert 'n = 20 is too small to decide, 73 are needed' in table(few, result)


def test_the_gated_trials_ask_for_pairs_that_training_never_saw():
    gated = [t for t in SUITES['tabletop'] if t.bound and not t.overrides.get('absent')]
    assert {t.name for t in gated} == {'put_in', 'stack', 'push'}
    assert all(t.overrides['unseen'] for t in gated)


@pytest.mark.parametrize(
    ('options', 'name'),
    [
        ([], 'eval-tabletop'),
        (['--graph'], 'eval-tabletop-graph'),
        (['--policy', POLICY], 'eval-tabletop'),
        (['--policy', 'scripted'], 'eval-tabletop-scripted'),
        (['--policy', 'out/train/early/', '--graph'], 'eval-tabletop-early-graph'),
        (['--suite', 'experts'], 'eval-experts'),
        (['--suite', 'experts', '--policy', 'scripted'], 'eval-experts'),
    ],
)
def test_another_policy_has_a_result_of_its_own(options, name):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert name_of(parser.parse_args(options)) == name


@pytest.mark.parametrize('name', ['out/train-vision/checkpoint', 'out/train-vision'])
def test_a_trained_policy_gives_its_name_to_the_result(name):
    args = arguments('--suite', 'vision', '--policy', name)
    assert name_of(args) == 'eval-vision-train-vision'


def test_the_vision_suite_has_a_control_for_what_the_policy_is_shown():
    trials = {trial.name: trial for trial in SUITES['vision']}
    for task in ('put_in', 'stack', 'push', 'press', 'open', 'close'):
        for kind in ('sentence', 'pictures'):
            control = trials[f'{task}: no {kind}']
            assert (control.blank, control.bound) == (kind, '<= 0.10')
            assert control.overrides == trials[task].overrides
        assert trials[f'{task}: other'].overrides == {**trials[task].overrides, 'other': True}
