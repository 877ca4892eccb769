"""Messages read and written as bytes are what rclpy makes of them."""

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
from vla_ros.convert import from_bytes
from vla_ros.convert.fields import BadMessage
from vla_ros.serialize import message_from_bytes, message_to_bytes

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
        draw(st.floats(0, 2e9)), draw(st.dictionaries(text, reals)), draw(reals), draw(reals),
    )  # fmt: skip


@st.composite
def votes(draw):
    text = st.text(max_size=9).filter(lambda t: '\0' not in t)
    return SafetyVote(
        draw(stamps), draw(text), draw(st.integers(-(2**63), 2**63 - 1)),
        draw(st.sampled_from(list(Level))), draw(st.floats(-0.5, 1.5) | reals), draw(reals),
        draw(text), draw(names),
    )  # fmt: skip


def outcome(read, data):
    """What `read` makes of `data`, to be compared: its fields, or 'bad'."""
    try:
        record = read(data)
    except BadMessage:
        return 'bad'
    fields = (getattr(record, field.name) for field in dataclasses.fields(record))
    return [(v.dtype, v.tobytes()) if isinstance(v, np.ndarray) else repr(v) for v in fields]


def by_rclpy(topic):
    return lambda data: topic.from_msg(message_from_bytes(data, topic.type))


READ = {
    'joints': topics.JOINT_STATES, 'target': topics.TARGET, 'vote': topics.VOTES,
    'report': topics.REPORT, 'command': topics.ARM_COMMAND,
}  # fmt: skip
WRITTEN = {
    'joints': topics.JOINT_STATES, 'command': topics.ARM_COMMAND, 'report': topics.REPORT,
    'target': topics.TARGET,
}  # fmt: skip
RECORDS = {
    'joints': joint_states(), 'target': targets(), 'vote': votes(), 'report': reports(),
    'command': trajectories(),
}  # fmt: skip


@pytest.mark.parametrize('name', READ)
@given(st.data())
def test_messages_are_read_as_rclpy_reads_them(name, data):
    topic = READ[name]
    message = message_to_bytes(topic.to_msg(data.draw(RECORDS[name])))
    assert outcome(topic.from_bytes, message) == outcome(by_rclpy(topic), message)


@given(trajectories(), st.integers(0, 30))
def test_commands_as_the_shield_writes_them_are_read_as_rclpy_reads_them(record, spare):
    topic = topics.ARM_COMMAND
    message = topic.to_bytes(record) + bytes(spare)
    assert outcome(topic.from_bytes, message) == outcome(by_rclpy(topic), message)


def test_a_command_of_the_shield_is_read_without_rclpy(monkeypatch):
    def fail(*_):
        raise AssertionError('by rclpy')

    monkeypatch.setattr(from_bytes, 'deserialize_message', fail)
    command = example(topics.ARM_COMMAND)
    read = topics.ARM_COMMAND.from_bytes(topics.ARM_COMMAND.to_bytes(command))
    assert np.array_equal(read.position, command.position)


@pytest.mark.parametrize('name', WRITTEN)
@given(st.data())
def test_messages_are_written_as_rclpy_writes_them(name, data):
    topic, record = WRITTEN[name], data.draw(RECORDS[name])
    got = message_from_bytes(topic.to_bytes(record), topic.type)
    assert repr(got) == repr(topic.to_msg(record))  # padding may differ, and NaN is not NaN


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


@pytest.mark.parametrize('topic', READ.values(), ids=lambda t: t.name)
def test_bytes_cut_short_are_a_bad_message(topic):
    data = message_to_bytes(topic.to_msg(example(topic)))
    if topic is topics.ARM_COMMAND:  # rclpy leaves more behind it than this test lets pass
        data = topic.to_bytes(example(topic))
    heard = [outcome(topic.from_bytes, data[:end]) for end in range(len(data) + 1)]
    enough = len(heard) - heard.index(heard[-1])
    assert set(map(str, heard[:-enough])) == {'bad'}
    assert all(one == heard[-1] for one in heard[-enough:])
    assert enough <= 4 + 8 + 8  # what is behind: efforts, which nobody reads, and spare bytes


@pytest.mark.parametrize('topic', READ.values(), ids=lambda t: t.name)
def test_spoilt_bytes_are_a_bad_message_or_another_record(topic):
    data = message_to_bytes(topic.to_msg(example(topic)))
    dice = np.random.default_rng(0)
    for _ in range(3000):
        spoilt = bytearray(data)
        for at in dice.integers(4, len(data), dice.integers(1, 4)):
            spoilt[at] ^= 1 << dice.integers(8)
        outcome(topic.from_bytes, bytes(spoilt))
    assert outcome(topic.from_bytes, data) == outcome(by_rclpy(topic), data)


@pytest.mark.parametrize('topic', [topics.JOINT_STATES, topics.TARGET], ids=lambda t: t.name)
def test_names_that_change_are_seen(topic):
    record = example(topic)
    other = dataclasses.replace(record, names=tuple(reversed(record.names)))
    for one in (record, other, record, record, other):
        data = message_to_bytes(topic.to_msg(one))
        assert topic.from_bytes(data).names == one.names


@pytest.mark.parametrize('topic', READ.values(), ids=lambda t: t.name)
def test_another_byte_order_goes_through_rclpy(topic):
    data = message_to_bytes(topic.to_msg(example(topic)))
    assert outcome(topic.from_bytes, b'\0\0' + data[2:]) == 'bad'  # big-endian: nonsense


def test_a_stamp_of_zero_is_none():
    topic = topics.JOINT_STATES
    record = dataclasses.replace(example(topic), stamp=0.0)
    with pytest.raises(BadMessage, match='no stamp'):
        topic.from_bytes(message_to_bytes(topic.to_msg(record)))


def test_a_nan_in_a_target_gets_through_for_the_shield_to_answer():
    topic = topics.TARGET
    record = dataclasses.replace(example(topic), position=np.full(6, math.nan))
    assert np.isnan(topic.from_bytes(message_to_bytes(topic.to_msg(record))).position).all()
