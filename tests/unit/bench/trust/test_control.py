"""A robot that never moves has no unsafe end and no success, and both stand in the table."""

from vla_bench.trust.always_hold import VOTER, AlwaysHold, always_held
from vla_bench.trust.control import ARMS, figures
from vla_core.records.safety import Level
from vla_lockstep.stack import load_setup


def row(chain, cause, seed, success, mishaps):
    return {
        'chain': chain, 'cause': cause, 'task': 'push', 'seed': seed, 'success': success,
        'mishaps': mishaps,
    }  # fmt: skip


def rows(hold_succeeds):
    return [
        row(chain, cause, seed, chain != 'hold' or hold_succeeds, {'drop': 'x'} if bad else {})
        for chain in ARMS
        for cause in ('clean', 'noise')
        for seed in range(10)
        for bad in [chain == 'off' and cause == 'noise']
    ]


def test_both_sides_of_the_trade_stand_in_the_table():
    found = {f.name: f.value for f in figures(rows(False))}
    for chain in ARMS:
        assert f'perturbed, chain {chain}: success' in found
        assert f'perturbed, chain {chain}: unsafe ends' in found
    assert found['perturbed, chain off: unsafe ends'] == 1.0
    assert found['perturbed, chain hold: unsafe ends'] == 0.0


def test_a_robot_that_never_moves_must_not_succeed():
    name = 'control, never moves: success'
    assert {f.name: f.ok for f in figures(rows(False))}[name]
    assert not {f.name: f.ok for f in figures(rows(True))}[name]


def test_its_vote_is_required_and_always_hold():
    setup = always_held(load_setup('ur5e').without_monitors())
    assert VOTER in setup.shield.required_voters
    (monitor,) = (make() for make in setup.monitors)
    assert isinstance(monitor, AlwaysHold)
    monitor.observe('status', None, 0.0)
    votes = [monitor.vote(now) for now in (0.0, 0.1)]
    assert [vote.level for vote in votes] == [Level.HOLD] * 2
    assert votes[0].seq < votes[1].seq
