"""The most restrictive vote counts; silent and malformed ones never permit more (P7)."""

import sys
from math import inf, nan
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))
from rig import examples

from vla_core.records.safety import Level, SafetyVote
from vla_shield.inputs.votes import Votes
from vla_shield.params import ShieldParams

PARAMS = ShieldParams(required_voters=('a', 'b'), dwell=0.02)
NOW = 10.0


def vote(voter='a', **changes):
    fields = {'stamp': NOW, 'seq': 5, 'level': Level.RUN, 'speed_scale': 1.0, 'ttl': 0.3}
    return SafetyVote(voter=voter, **{**fields, **changes})


def outcome(*votes, now=NOW, task='t'):
    """(level, scale) after valid votes of both voters, then `votes`."""
    box = Votes(PARAMS)
    for voter in ('a', 'b'):
        box.put(vote(voter, stamp=NOW - 0.1, seq=4), NOW - 0.1)
    box.permission(NOW - 0.1, task)
    for item in votes:
        box.put(item, NOW)
    found = box.permission(now, task)
    return found.level, -found.scale


def test_all_required_votes_allow_motion():
    assert outcome(vote('a'), vote('b')) == (Level.RUN, -1.0)


@pytest.mark.parametrize(
    'bad',
    [
        {'speed_scale': nan}, {'speed_scale': -0.1}, {'speed_scale': 1.1}, {'speed_scale': inf},
        {'ttl': nan}, {'ttl': 0.0}, {'ttl': -1.0}, {'ttl': inf}, {'stamp': nan},
        {'stamp': NOW + 1.0}, {'level': 7}, {'task_id': 'another'}, {'level': Level.HOLD},
    ],
    ids=str,
)  # fmt: skip
def test_an_invalid_vote_holds(bad):
    assert outcome(vote('a', **bad), vote('b'))[0] == Level.HOLD


def test_a_required_vote_never_received_holds():
    box = Votes(PARAMS)
    box.put(vote('a'), NOW)
    assert box.permission(NOW, 't').level == Level.HOLD
    assert 'b was never received' in box.permission(NOW, 't').reason


def test_silence_holds_after_the_time_to_live():
    assert outcome(vote('a', ttl=0.15), vote('b'), now=NOW + 0.14)[0] == Level.RUN
    assert outcome(vote('a', ttl=0.15), vote('b'), now=NOW + 0.16)[0] == Level.HOLD


def test_no_time_to_live_outlasts_the_limit_of_the_shield():
    late = NOW + PARAMS.vote_timeout + 0.01
    assert outcome(vote('a', ttl=100.0), vote('b', ttl=100.0), now=late)[0] == Level.HOLD


def test_stop_stays_until_it_is_withdrawn_and_released():
    box = Votes(PARAMS)
    box.put(vote('b'), NOW)
    box.put(vote('a', level=Level.STOP, reasons=('smoke',)), NOW)
    assert box.release(NOW) != ''
    box.put(vote('a', stamp=NOW + 0.1, seq=6), NOW + 0.1)
    assert box.permission(NOW + 0.1, 't').level == Level.STOP
    assert 'smoke' in box.permission(NOW + 0.1, 't').reason
    assert box.release(NOW + 0.1) == ''
    assert box.permission(NOW + 0.1, 't').level != Level.STOP


@pytest.mark.parametrize(
    'old', [{'stamp': NOW - 0.05, 'seq': 9}, {'stamp': NOW + 0.01, 'seq': 5}, {}]
)
def test_an_older_or_duplicated_vote_does_not_clear_a_newer_hold(old):
    held = vote('a', level=Level.HOLD, seq=6)
    assert outcome(vote('b'), held, vote('a', **old))[0] == Level.HOLD


def test_motion_resumes_only_after_the_dwell():
    box = Votes(PARAMS)
    for k, level in enumerate((Level.HOLD, Level.RUN, Level.RUN, Level.RUN)):
        for voter in ('a', 'b'):
            box.put(vote(voter, stamp=NOW + 0.01 * k, seq=k, level=level), NOW + 0.01 * k)
        levels = box.permission(NOW + 0.01 * k, 't').level
        assert levels == (Level.RUN if k == 3 else Level.HOLD)


def test_votes_of_a_restarted_voter_count_once_its_last_vote_has_expired():
    late = NOW + 0.4
    fresh = [vote(v, stamp=late, seq=0) for v in ('a', 'b')]
    box = Votes(PARAMS)
    for voter in ('a', 'b'):
        box.put(vote(voter, seq=1000), NOW)
    for item in fresh:
        box.put(item, late)
    assert box.missing(late) == ''


DAMAGE = st.one_of(
    st.builds(dict, speed_scale=st.floats(0.0, 1.0) | st.just(nan)),
    st.builds(dict, level=st.sampled_from([Level.SLOW, Level.HOLD, Level.STOP])),
    st.builds(dict, ttl=st.floats(-1.0, 0.3)),
    st.builds(dict, stamp=st.floats(NOW - 5.0, NOW + 5.0)),
    st.builds(dict, seq=st.integers(-5, 5)),
    st.builds(dict, task_id=st.just('another')),
)


@settings(max_examples=examples(200), deadline=None)
@given(
    st.lists(DAMAGE, min_size=1, max_size=4), st.sampled_from(['a', 'b', 'c']), st.floats(0.0, 1.0)
)
def test_p7_a_damaged_vote_is_never_more_permissive_than_a_fresh_one(damage, voter, wait):
    whole = outcome(vote('a'), vote('b'), now=NOW + wait)
    hurt = [vote(voter, **{k: v for part in damage for k, v in part.items()})]
    rest = [vote(name) for name in ('a', 'b') if name != voter]
    assert outcome(*rest, *hurt, now=NOW + wait) >= whole


VOTES = st.tuples(st.sampled_from(list(Level)), st.floats(0.0, 1.0))


@settings(max_examples=examples(200), deadline=None)
@given(st.dictionaries(st.sampled_from('cdef'), VOTES, max_size=4))
def test_p6_one_more_voter_never_permits_more(votes):
    votes_so_far = [vote('a'), vote('b')]
    before = outcome(*votes_so_far)
    for voter, (level, scale) in votes.items():
        votes_so_far.append(vote(voter, level=level, speed_scale=scale))
        after = outcome(*votes_so_far)
        assert after >= before
        before = after


@settings(max_examples=examples(200), deadline=None)
@given(VOTES, VOTES)
def test_p6_a_raised_level_and_a_lowered_scale_never_permit_more(one, other):
    loose = vote('a', level=min(one[0], other[0]), speed_scale=max(one[1], other[1]))
    tight = vote('a', level=max(one[0], other[0]), speed_scale=min(one[1], other[1]))
    assert outcome(tight, vote('b')) >= outcome(loose, vote('b'))


@pytest.mark.parametrize('ahead', [1.0, 3600.0])
def test_a_vote_from_before_a_jump_of_the_clock_does_not_hide_those_after_it(ahead):
    late = vote('a', stamp=NOW + ahead, seq=900)
    assert outcome(late, vote('b'))[0] == Level.HOLD
    assert outcome(late, vote('a'), vote('b')) == (Level.RUN, -1.0)


@pytest.mark.parametrize('changes', [{'ttl': 0.0}, {'speed_scale': float('nan')}, {'ttl': 1e9}])
@pytest.mark.parametrize('voter', ['a', 'area_scanner'])
def test_a_malformed_stop_is_a_stop(voter, changes):
    votes = Votes(PARAMS)
    votes.put(vote(voter, level=Level.STOP, **changes), NOW)
    assert voter in votes.stop_reason()


def test_strangers_are_forgotten_when_their_votes_are_old():
    box = Votes(PARAMS)
    for k in range(2000):
        now = NOW + 0.01 * k
        for voter in ('a', 'b'):
            box.put(vote(voter, stamp=now, seq=5 + k), now)
        box.put(vote(f'stranger {k}', stamp=now), now)
    assert len(box.ages(now)) < 2 + 110
    box.put(vote('late', stamp=now, level=Level.HOLD), now)
    assert box.permission(now, '').level == Level.HOLD
