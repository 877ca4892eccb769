"""Each corruption has its effect on a stream, and is deterministic by seed."""

import math
from array import array

import pytest

from vla_core.errors import UserError
from vla_interfaces.msg import PolicyFeatures, SafetyVote, Target
from vla_sim.faults.corruption_script import load_script, parse_corruption, parse_topic_corruption
from vla_sim.faults.message_corruption import MessageCorruptor

TOPICS = ('target', 'votes')


def target(k):
    message = Target(names=['a', 'b'], position=[float(k), 1.0], velocity=[0.5, 0.5], gripper=0.04)
    message.header.stamp.sec = 100 + k
    return message


def spoil(text, messages, seed=0):
    """Output of a corruptor for messages received 0.1 s apart."""
    corruptor = MessageCorruptor(seed)
    corruptor.inject(parse_corruption(text), 0.0)
    out = []
    for k, message in enumerate(messages):
        out += [*corruptor.put(message, 0.1 * k), *corruptor.due(0.1 * k)]
    return out


def firsts(messages):
    return [message.position[0] for message in messages]


STREAM = [target(k) for k in range(6)]


def test_none_passes_everything_untouched():
    assert [id(m) for m in spoil('none', STREAM)] == [id(m) for m in STREAM]


def test_drop_loses_each_with_its_chance():
    kept = spoil('drop=0.3', [target(k) for k in range(1000)], seed=3)
    assert 600 < len(kept) < 800
    assert spoil('drop', STREAM) == []


def test_delay_gives_each_late_under_its_old_stamp():
    out = spoil('delay=0.25', STREAM)
    assert firsts(out) == [0.0, 1.0, 2.0]
    assert out[0].header.stamp.sec == 100


def test_duplicate_sends_each_twice():
    assert firsts(spoil('duplicate', STREAM[:2])) == [0.0, 0.0, 1.0, 1.0]


def test_reorder_loses_nothing_and_sends_a_newer_one_first():
    assert firsts(spoil('reorder=2', STREAM)) == [1.0, 0.0, 3.0, 2.0, 5.0, 4.0]


def test_freeze_repeats_the_first_under_the_stamps_of_the_others():
    out = spoil('freeze', STREAM[:3])
    assert firsts(out) == [0.0, 0.0, 0.0]
    assert [m.header.stamp.sec for m in out] == [100, 101, 102]


def test_nan_is_in_the_named_field_and_the_original_is_untouched():
    (out,) = spoil('nan position', STREAM[:1])
    assert all(math.isnan(v) for v in out.position)
    assert (list(out.velocity), out.gripper) == ([0.5, 0.5], 0.04)
    assert STREAM[0].position[0] == 0.0


def test_inf_without_a_field_is_in_every_float():
    (out,) = spoil('inf', STREAM[:1])
    assert all(math.isinf(v) for v in (*out.position, *out.velocity, out.gripper))


def test_reverse_takes_names_and_numbers_together_and_leaves_the_rest():
    (out,) = spoil('reverse', STREAM[2:3])
    assert (out.names, list(out.position)) == (['b', 'a'], [1.0, 2.0])
    assert (list(out.velocity), out.gripper, out.header.stamp.sec) == ([0.5, 0.5], 0.04, 102)
    assert (STREAM[2].names, STREAM[2].position[0]) == (['a', 'b'], 2.0)


def test_lack_loses_one_joint_and_its_numbers():
    (out,) = spoil('lack', STREAM[2:3])
    assert (out.names, list(out.position), list(out.velocity)) == (['a'], [2.0], [0.5])


def test_flip_turns_one_bit_of_one_float():
    (out,) = spoil('flip=63 velocity', STREAM[:1])
    assert sorted(out.velocity) == [-0.5, 0.5]
    changed = spoil('flip position', STREAM, seed=5)
    wrong = [sum(a != b for a, b in zip(m.position, n.position, strict=True))
             for m, n in zip(changed, STREAM, strict=True)]  # fmt: skip
    assert wrong == [1] * len(STREAM)
    again = spoil('flip position', STREAM, seed=5)
    assert [list(m.position) for m in again] == [list(m.position) for m in changed]


def features(*numbers):
    return PolicyFeatures(
        schema='flow/norm/mean/3/abc', episode_id='t', feature=array('f', numbers)
    )


def test_narrow_loses_the_last_number_and_widen_adds_one_and_the_original_is_untouched():
    message = features(0.5, 1.5, 2.5)
    (less,), (more,) = spoil('narrow feature', [message]), spoil('widen feature', [message])
    assert list(less.feature) == [0.5, 1.5]
    assert list(more.feature) == [0.5, 1.5, 2.5, 0.0]
    assert list(message.feature) == [0.5, 1.5, 2.5]
    assert (less.schema, more.schema) == (message.schema, message.schema)


def test_a_width_is_changed_only_where_it_is_asked_for():
    (out,) = spoil('narrow position', STREAM[1:2])
    assert (list(out.position), list(out.velocity), out.names) == ([1.0], [0.5, 0.5], ['a', 'b'])


def test_relabel_changes_one_text_and_no_number():
    message = features(0.5)
    (out,) = spoil('relabel schema', [message])
    assert (out.schema, out.episode_id) == ('flow/norm/mean/3/ab0', 't')
    assert (list(out.feature), message.schema) == ([0.5], 'flow/norm/mean/3/abc')
    (again,) = spoil('relabel schema', [out])
    assert again.schema == 'flow/norm/mean/3/ab1'


def test_shift_moves_stamps_into_the_future_and_the_past():
    (later,) = spoil('shift=1.5', STREAM[:1])
    assert (later.header.stamp.sec, later.header.stamp.nanosec) == (101, 500_000_000)
    (earlier,) = spoil('shift=-0.5', STREAM[:1])
    assert (earlier.header.stamp.sec, earlier.header.stamp.nanosec) == (99, 500_000_000)


def test_rate_says_the_newest_so_many_times_a_second():
    corruptor = MessageCorruptor()
    corruptor.inject(parse_corruption('rate=1000'), 0.0)
    assert corruptor.put(STREAM[0], 0.0) == []
    assert len(corruptor.due(0.05)) == pytest.approx(50, abs=1)
    assert corruptor.put(STREAM[1], 0.05) == []
    assert set(firsts(corruptor.due(0.06))) == {1.0}


def test_a_corruption_can_be_limited_to_one_voter():
    votes = [SafetyVote(voter=name) for name in ('policy', 'grounding', 'policy')]
    assert [v.voter for v in spoil('drop voter:policy', votes)] == ['grounding']


def test_delayed_messages_are_sent_when_the_corruption_ends():
    corruptor = MessageCorruptor()
    corruptor.inject(parse_corruption('delay=9'), 0.0)
    corruptor.put(STREAM[0], 0.0)
    assert firsts(corruptor.inject(parse_corruption('none'), 0.1)) == [0.0]


@pytest.mark.parametrize('text', ['', 'ghost', 'drop=much', 'nan position velocity', 'rate=0'])
def test_an_unknown_corruption_is_rejected(text):
    with pytest.raises(UserError):
        parse_corruption(text)


def test_an_order_names_a_topic_that_is_there():
    assert parse_topic_corruption('votes drop=0.5', TOPICS)[0] == 'votes'
    with pytest.raises(UserError, match='known: target, votes'):
        parse_topic_corruption('chunk drop', TOPICS)


def test_a_script_is_read_in_the_order_of_time_and_checked(tmp_path):
    file = tmp_path / 'script.yaml'
    file.write_text('- {at: 2.0, do: target nan}\n- {at: 1.0, do: votes drop, seconds: 0.5}\n')
    assert [cue.at for cue in load_script(file, TOPICS)] == [1.0, 2.0]
    file.write_text('- {at: 2.0, do: ghost nan}\n')
    with pytest.raises(UserError, match='no topic'):
        load_script(file, TOPICS)
    file.write_text('- {when: 2.0}\n')
    with pytest.raises(UserError):
        load_script(file, TOPICS)
