"""Figures of faults, and what counts as repeated."""

import math
from types import SimpleNamespace

from vla_bench.remote.bench import HELD, figures
from vla_bench.remote.trial import FAULTS, repeats


def row(fault, held=0.4, back=1.0, repeated=0, asked=False, passing=1.0):
    return {'fault': fault, 'held': held, 'back': back, 'repeated': repeated, 'reason': '',
            'asked': asked, 'passing': passing}  # fmt: skip


def by_name(rows):
    return {figure.name: figure for figure in figures(rows, FAULTS, HELD)}


def test_the_slowest_round_counts_and_one_that_was_never_held_is_a_miss():
    made = by_name([row('paused 5 s'), row('paused 5 s', held=0.6)])
    assert made['paused 5 s: until held'].value == 0.6
    assert not made['paused 5 s: until held'].ok
    made = by_name([row('paused 5 s'), row('paused 5 s', held=math.nan)])
    assert not made['paused 5 s: until held'].ok


def test_an_arm_that_stays_held_and_an_old_chunk_are_misses():
    rows = [row('link cut 5 s') for _ in range(20)]
    assert all(figure.ok for figure in by_name(rows).values())
    assert not by_name([*rows, *(row('link cut 5 s', back=math.nan) for _ in range(6))])[
        'goes on by itself, up to 5 s'
    ].ok
    made = by_name([*rows, row('link cut 5 s', repeated=1)])
    assert not made['chunks of an old observation'].ok


def test_a_late_policy_costs_chunks_and_is_not_held_for_good():
    made = by_name([row('300 ms late'), row('300 ms late', passing=0.5)])
    assert made['300 ms late: cycles that pass'].value == 0.5
    assert not made['300 ms late: cycles that pass'].ok
    assert '300 ms late: until held' not in made


def test_after_a_long_outage_a_person_may_be_asked():
    rows = [row('killed, and back', back=math.nan, asked=True), row('killed, and back')]
    made = by_name(rows)
    assert made['killed, and back: goes on, or asks a person'].value == 1.0
    silent = by_name([*rows, row('killed, and back', back=math.nan)])
    assert silent['killed, and back: goes on, or asks a person'].value < 1.0


def chunk(stamp, task='1'):
    return SimpleNamespace(record=SimpleNamespace(stamp=stamp, task_id=task))


def test_chunks_of_an_answered_or_older_observation_are_repeated():
    assert repeats([chunk(1.0), chunk(1.2), chunk(0.5, '2')]) == 0
    assert repeats([chunk(1.0), chunk(1.0), chunk(1.2), chunk(1.1)]) == 2
