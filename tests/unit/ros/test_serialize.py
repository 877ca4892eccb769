"""Records to bytes and back: commands are written as rclpy writes them, bad bytes are refused."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vla_core.records.action import Source, Target, Trajectory
from vla_core.records.safety import ArmState, Decision, Level, SafetyVote, ShieldReport
from vla_core.records.sensing import JointState
from vla_ros import topics
from vla_ros.convert import trajectory
from vla_ros.convert.fields import BadMessage
from vla_ros.serialize import from_bytes, message_from_bytes, to_bytes

names = st.lists(st.text(max_size=9).filter(lambda t: '\0' not in t), max_size=9).map(tuple)
reals = st.floats(width=64)
stamps = st.floats(1e-6, 2e9)


@st.composite
def joint_states(draw):
    n = len(of := draw(names))
    rows = [draw(st.lists(reals, min_size=n, max_size=n)) for _ in range(2)]
    return JointState(draw(stamps), of, *map(np.array, rows))


@st.composite
def targets(draw):
    n = len(of := draw(names))
    rows = [draw(st.lists(reals, min_size=n, max_size=n)) for _ in range(2)]
    task = draw(st.text(max_size=5).filter(lambda t: '\0' not in t))
    source = draw(st.sampled_from(list(Source)))
    chunk, asked = draw(st.integers(-(2**63), 2**63 - 1)), draw(st.floats(0, 2e9))
    return Target(
        draw(stamps), task, of, *map(np.array, rows), draw(reals), source, chunk, asked
    )  # fmt: skip


@st.composite
def trajectories(draw):
    n, k = len(of := draw(names)), draw(st.integers(1, 13))
    rows = [draw(st.lists(reals, min_size=n * k, max_size=n * k)) for _ in range(2)]
    times = draw(st.lists(st.floats(0, 100.0), min_size=k, max_size=k))
    position, velocity = (np.array(row).reshape(k, n) for row in rows)
    return Trajectory(draw(stamps), of, np.array(times), position, velocity)


@st.composite
def reports(draw):
    text = st.text(max_size=9).filter(lambda t: '\0' not in t)
    return ShieldReport(
        draw(stamps), draw(st.integers(0, 2**64 - 1)), draw(st.sampled_from(list(ArmState))),
        draw(st.sampled_from(list(Decision))), draw(text), draw(names), draw(text), draw(reals),
        draw(reals), draw(reals), draw(reals), draw(st.integers(-(2**63), 2**63 - 1)),
        draw(st.floats(0, 2e9)), draw(names), draw(st.dictionaries(text, reals)), draw(reals),
        draw(reals),
    )  # fmt: skip


@st.composite
def votes(draw):
    text = st.text(max_size=9).filter(lambda t: '\0' not in t)
    return SafetyVote(
        draw(stamps), draw(text), draw(st.integers(-(2**63), 2**63 - 1)),
        draw(st.sampled_from(list(Level))), draw(st.floats(-0.5, 1.5) | reals), draw(reals),
        draw(text), draw(names),
    )  # fmt: skip


def fields(record):
    """The fields of a record, to be compared; NaN is equal to NaN."""
    values = (getattr(record, field.name) for field in dataclasses.fields(record))
    return [(v.dtype, v.tobytes()) if isinstance(v, np.ndarray) else repr(v) for v in values]


def outcome(topic, data):
    """The fields of the record in `data`, or 'bad'."""
    try:
        return fields(from_bytes(topic, data))
    except BadMessage:
        return 'bad'


def by_rclpy(topic):
    return dataclasses.replace(topic, from_bytes=None, to_bytes=None)


RECORDS = [
    (topics.JOINT_STATES, joint_states()), (topics.TARGET, targets()), (topics.VOTES, votes()),
    (topics.REPORT, reports()),
]  # fmt: skip
IDS = [topic.name for topic, _ in RECORDS]


@pytest.mark.parametrize(('topic', 'records'), RECORDS, ids=IDS)
@given(st.data())
def test_messages_are_read_as_rclpy_reads_them(topic, records, data):
    sent = to_bytes(by_rclpy(topic), data.draw(records))
    assert outcome(topic, sent) == outcome(by_rclpy(topic), sent)


@pytest.mark.parametrize(('topic', 'records'), RECORDS, ids=IDS)
@given(st.data())
def test_messages_are_written_as_rclpy_writes_them(topic, records, data):
    record = data.draw(records)
    got = message_from_bytes(topic.to_bytes(record), topic.type)
    assert repr(got) == repr(topic.to_msg(record))  # padding may differ, and NaN is not NaN


@pytest.mark.parametrize('topic', [topics.JOINT_STATES, topics.TARGET], ids=lambda t: t.name)
def test_names_that_change_are_seen(topic):
    record = example(topic)
    other = dataclasses.replace(record, names=tuple(reversed(record.names)))
    for one in (record, other, record, record, other):
        assert from_bytes(topic, to_bytes(topic, one)).names == one.names


@pytest.mark.parametrize('topic', [topic for topic, _ in RECORDS], ids=IDS)
def test_another_byte_order_goes_through_rclpy(topic):
    data = to_bytes(topic, example(topic))
    assert outcome(topic, b'\0\0' + data[2:]) == 'bad'  # big-endian: nonsense


@given(trajectories())
def test_a_command_is_written_as_rclpy_writes_it(record):
    topic = topics.ARM_COMMAND
    got = message_from_bytes(topic.to_bytes(record), topic.type)
    assert repr(got) == repr(topic.to_msg(record))  # padding may differ, and NaN is not NaN


def test_a_command_is_written_without_a_message(monkeypatch):
    command = example(topics.ARM_COMMAND)
    trajectory.template_of(command.names, len(command.time_from_start))
    monkeypatch.setattr(trajectory, 'trajectory_to_msg', None)
    read = from_bytes(topics.ARM_COMMAND, to_bytes(topics.ARM_COMMAND, command))
    assert np.array_equal(read.position, command.position)


def test_a_template_is_found_whatever_the_memory_held_before():
    for _ in range(20):
        trajectory.template_of.cache_clear()
        for joints in (1, 6, 7, 14):
            names = tuple(f'joint_{"x" * (k % 5)}{k}' for k in range(joints))
            for points in (1, 8, 14, 21):
                assert trajectory.template_of(names, points) is not None


def test_a_layout_that_is_not_understood_is_written_by_rclpy(monkeypatch):
    monkeypatch.setattr(trajectory, 'LITTLE_ENDIAN', bytes(4))  # says big-endian
    trajectory.template_of.cache_clear()
    command = example(topics.ARM_COMMAND)
    assert trajectory.template_of(command.names, 3) is None
    read = from_bytes(topics.ARM_COMMAND, to_bytes(topics.ARM_COMMAND, command))
    trajectory.template_of.cache_clear()
    assert np.array_equal(read.velocity, command.velocity)


def example(topic):
    q = np.linspace(0.1, 0.6, 6)
    of = tuple(f'joint_{k}' for k in range(6))
    if topic is topics.JOINT_STATES:
        return JointState(12.5, of, q, -q)
    if topic is topics.REPORT:
        ages = {'joints': 0.01, 'target': 0.02}
        return ShieldReport(
            12.5, 3, ArmState.ARMED, Decision.PASS, 'fine', of, 'a-b', ages=ages
        )  # fmt: skip
    if topic is topics.ARM_COMMAND:
        times = np.array([0.01, 0.02, 0.04])
        return Trajectory(12.5, of, times, np.outer(times, q), np.outer(-times, q))
    if topic is topics.VOTES:
        return SafetyVote(12.5, 'rules', 3, Level.SLOW, 0.5, 0.3, 'task', ('a', 'b'))
    return Target(12.5, 'task', of, q, -q, 0.04, Source.POLICY, 7, 12.25)


READ = [
    topics.JOINT_STATES, topics.TARGET, topics.VOTES, topics.REPORT, topics.ARM_COMMAND,
]  # fmt: skip


@pytest.mark.parametrize('topic', READ, ids=lambda t: t.name)
def test_a_record_comes_back_from_its_bytes(topic):
    record = example(topic)
    assert fields(from_bytes(topic, to_bytes(topic, record))) == fields(record)


@pytest.mark.parametrize('topic', READ, ids=lambda t: t.name)
def test_bytes_cut_short_are_a_bad_message(topic):
    data = to_bytes(topic, example(topic))
    results = [outcome(topic, data[:end]) for end in range(len(data) + 1)]
    enough = len(results) - results.index(results[-1])
    assert set(map(str, results[:-enough])) == {'bad'}
    assert enough <= 32  # bytes of the serialiser's size estimate that stay unused


@pytest.mark.parametrize('topic', READ, ids=lambda t: t.name)
def test_corrupted_bytes_are_a_bad_message_or_another_record(topic):
    data = to_bytes(topic, example(topic))
    dice = np.random.default_rng(0)
    for _ in range(3000):
        corrupted = bytearray(data)
        for at in dice.integers(4, len(data), dice.integers(1, 4)):
            corrupted[at] ^= 1 << dice.integers(8)
        outcome(topic, bytes(corrupted))
    assert outcome(topic, data) == fields(example(topic))


def test_a_stamp_of_zero_is_none():
    topic = topics.TARGET
    record = dataclasses.replace(example(topic), stamp=0.0)
    with pytest.raises(BadMessage, match='no stamp'):
        from_bytes(topic, to_bytes(topic, record))


def test_a_nan_in_a_target_gets_through_for_the_shield_to_answer():
    topic = topics.TARGET
    record = dataclasses.replace(example(topic), position=np.full(6, math.nan))
    assert np.isnan(from_bytes(topic, to_bytes(topic, record)).position).all()
