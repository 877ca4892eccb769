"""The bench of the trust chain: the same episodes for every chain, and what it makes of them."""

import argparse

import numpy as np
import pytest

from vla_bench.trust.bench import figures, is_apt, make_jobs, named, table
from vla_core.errors import UserError
from vla_core.records.action import Source, Target
from vla_core.robot.config import load_robot
from vla_lockstep.no_shield import NoShield

ROBOT = load_robot('ur5e')


def row(chain, cause, seed, success=True, **mishaps):
    return {
        'chain': chain, 'cause': cause, 'task': 'push', 'seed': seed, 'success': success,
        'mishaps': mishaps,
    }  # fmt: skip


def cell(chain, cause, n, bad):
    return [row(chain, cause, k, k >= bad, **({'drop': 'x'} if k < bad else {})) for k in range(n)]


def test_every_chain_plays_the_same_episodes():
    args = argparse.Namespace(episodes=9, robot='ur5e', policy='scripted')
    jobs = [job for _, job in make_jobs(args, ['off', 'on'])]
    plays = {
        chain: [(j.cause, j.task, j.seed) for j in jobs if j.chain == chain]
        for chain in ('off', 'on')
    }
    assert plays['off'] == plays['on']
    assert len(plays['on']) == 18
    assert len({key for key, _ in make_jobs(args, ['off', 'on'])}) == 36


def test_nothing_is_perturbed_in_a_way_that_makes_no_sense():
    args = argparse.Namespace(episodes=40, robot='ur5e', policy='scripted')
    assert all(is_apt(job.task, job.cause) for _, job in make_jobs(args, ['on']))
    assert not is_apt('press', 'slippery')


@pytest.mark.parametrize(('on_bad', 'missed'), [(0, False), (10, True)])
def test_unsafe_ends_must_fall_to_a_fifth_by_the_upper_end(on_bad, missed):
    rows = [*cell('off', 'noise', 60, 50), *cell('on', 'noise', 60, on_bad)]
    wrong = [f.name for f in figures(rows) if not f.ok]
    assert (wrong == ['unsafe ends on perturbed episodes, on / off']) == missed


@pytest.mark.parametrize(('n', 'lost', 'ok'), [(50, 0, False), (200, 0, True), (200, 4, False)])
def test_two_points_of_success_may_be_lost_by_the_upper_end(n, lost, ok):
    rows = [*cell('off', 'clean', n, 0), *cell('on', 'clean', n, lost)]
    assert [f.name for f in figures(rows) if not f.ok] == (
        [] if ok else ['success lost on clean episodes']
    )


def test_nothing_unsafe_without_the_chain_proves_nothing():
    rows = [*cell('off', 'noise', 20, 0), *cell('on', 'noise', 20, 0)]
    assert [f.ok for f in figures(rows) if f.bound] == [False]


def test_an_unknown_chain_lists_the_known_ones():
    assert named('on,off', ('off', 'on')) == ['on', 'off']
    with pytest.raises(UserError, match='known: off, on'):
        named('hold', ('off', 'on'))


def test_both_tables_stand_side_by_side():
    lines = table([*cell('off', 'noise', 4, 1), *cell('on', 'noise', 5, 2)]).splitlines()
    assert 'chain off' in lines[0]
    assert 'chain on' in lines[0]
    noise = next(line for line in lines if line.startswith('noise'))
    assert noise.split() == ['noise', '4', '3', '1', '1', '0', '0', '5', '3', '2', '2', '0', '0']


def test_without_a_shield_a_finite_target_goes_out_as_it_is():
    shield, q = NoShield(ROBOT), np.array(ROBOT.home) + 0.5
    names = ROBOT.joint_names
    shield.on_target(Target(1.0, '', names, q, 0.0 * q, 0.02, Source.POLICY), 1.0)
    shield.on_target(Target(1.0, '', names, np.nan * q, 0.0 * q, 0.02, Source.POLICY), 1.0)
    output = shield.tick(1.0)
    assert output.arm.position[output.arm.next_row] == pytest.approx(q)
    assert output.gripper is not None
