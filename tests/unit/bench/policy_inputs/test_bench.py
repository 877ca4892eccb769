"""What is blanked, and what the bench makes of it."""

import argparse

import pytest

from vla_bench.policy_inputs.bench import SEEDS, figures, make_jobs
from vla_bench.policy_inputs.trial import BLANKED, NO_ROLES, SHIPPED, TASKS, VARIANTS
from vla_core.errors import UserError
from vla_sim.scenes.episode import TEST_SEEDS


def arguments(**given):
    usual = {'robot': 'ur5e', 'policy': 'p', 'episodes': 2, 'seeds': 'development', 'tasks': ''}
    return argparse.Namespace(**{**usual, **given})


def rows(**failing):
    """All episodes succeed but those of the variants named, as many as given."""
    return [
        {'variant': name, 'task': TASKS[k % 6], 'seed': k, 'success': k >= failing.get(name, 0)}
        for name in VARIANTS
        for k in range(36)
    ]


def test_all_variants_play_the_same_episodes_on_development_seeds():
    jobs = [job for _, job in make_jobs(arguments())]
    plays = {
        name: [(job.task, job.seed) for job in jobs if job.variant == name] for name in VARIANTS
    }
    assert all(found == plays[SHIPPED] for found in plays.values())
    assert len({seed for _, seed in plays[SHIPPED]}) == 12
    assert all(seed < TEST_SEEDS for _, seed in plays[SHIPPED])
    test = [job for _, job in make_jobs(arguments(seeds='test'))]
    assert min(job.seed for job in test) == SEEDS['test'] > TEST_SEEDS


def test_an_unknown_task_lists_the_known_ones():
    assert {job.task for _, job in make_jobs(arguments(tasks='press'))} == {'press'}
    with pytest.raises(UserError, match='known: put_in'):
        make_jobs(arguments(tasks='juggle'))


def test_36_of_36_shows_that_an_input_is_not_used_and_35_do_not():
    blind = {NO_ROLES: 36}
    assert all(f.ok for f in figures(rows(**blind)))
    wrong = [f.name for f in figures(rows(**blind, **{BLANKED: 1})) if not f.ok]
    assert wrong == [f'{BLANKED}: success']


def test_without_roles_it_must_fail():
    wrong = [f.name for f in figures(rows(**{NO_ROLES: 12})) if not f.ok]
    assert wrong == [f'control, {NO_ROLES}: success']
