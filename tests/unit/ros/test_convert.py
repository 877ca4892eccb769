"""Every record survives the way through its message; what is broken does not get in."""

import dataclasses
import math
import typing
from enum import Enum

import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message

from vla_core.records.action import (
    EE_NAMES,
    ActionChunk,
    ControlState,
    PolicyFeatures,
    Target,
    Trajectory,
)
from vla_core.records.alignment import AlignmentVerdict, Correction
from vla_core.records.lease import Lease, LeaseKind, Leases
from vla_core.records.safety import FailureScore, Heartbeat, SafetyVote, ShieldReport, Verdict
from vla_core.records.scene import GroundedObject, GroundedScene, ParsedTask, Phrase, Verb
from vla_core.records.sensing import JointState
from vla_core.records.task import TaskStatus
from vla_ros.convert import action, safety, scene, sensing, steering, task
from vla_ros.convert import trajectory as commands
from vla_ros.convert.fields import BadMessage, seconds, split, time_msg
from vla_ros.serialize import message_to_bytes

NOW = 1_795_000_000.25  # s, a ROS time as they are today
STAMPS = ('stamp', 'start', 'chunk_stamp')


def random_value(kind, name, dice):
    if isinstance(kind, type) and issubclass(kind, Enum):
        return list(kind)[int(dice.integers(len(kind)))]
    if name in STAMPS:
        return NOW + float(dice.integers(0, 10**9)) / 1e9
    plain = {
        float: lambda: float(dice.uniform(0.01, 0.99)),
        int: lambda: int(dice.integers(0, 1000)),
        str: lambda: ''.join(dice.choice(list('abc äß?'), 5)),
        bool: lambda: bool(dice.integers(0, 2)),
    }
    return plain[kind]()


def random_record(cls, dice, **fixed):
    hints = typing.get_type_hints(cls)
    names = [field.name for field in dataclasses.fields(cls) if field.name not in fixed]
    return cls(**{name: random_value(hints[name], name, dice) for name in names}, **fixed)


def chunk(dice):
    return random_record(ActionChunk, dice, names=EE_NAMES, values=dice.normal(size=(16, 7)))


def thing(dice):
    box = tuple(float(v) for v in dice.uniform(0, 320, 4))
    position, size = dice.normal(size=3), dice.uniform(0.01, 0.1, 3)
    yaw = float(dice.uniform(-3, 3))
    return random_record(GroundedObject, dice, box=box, position=position, size=size, yaw=yaw)


def whole_scene(dice):
    phrases = [random_record(Phrase, dice) for _ in range(2)]
    parsed = ParsedTask(Verb.PUSH, *phrases, side='left')
    return random_record(GroundedScene, dice, task=parsed, objects=(thing(dice), thing(dice)))


def motion(cls):
    def make(dice):
        position, velocity = dice.normal(size=(2, 3))
        return random_record(
            cls, dice, names=('a', 'b', 'c'), position=position, velocity=velocity
        )

    return make


def trajectory(dice):
    position, velocity = dice.normal(size=(2, 4, 3))
    times = np.array([0.01, 0.02, 1.0 - 1e-12, 2.5])
    return Trajectory(NOW, ('a', 'b', 'c'), times, position, velocity)


def plain(cls, **fixed):
    return lambda dice: random_record(cls, dice, **fixed)


RECORDS = {
    'chunk': (chunk, action.CHUNK.to_msg, action.CHUNK.from_msg),
    'candidates': (
        lambda dice: (chunk(dice), chunk(dice)),
        action.CANDIDATES.to_msg,
        action.CANDIDATES.from_msg,
    ),
    'features': (
        lambda dice: random_record(PolicyFeatures, dice, feature=dice.normal(size=64)),
        action.FEATURES.to_msg, action.FEATURES.from_msg,
    ),
    'target': (motion(Target), action.TARGET.to_msg, action.TARGET.from_msg),
    'trajectory': (trajectory, commands.trajectory_to_msg, commands.trajectory_from_msg),
    'control_state': (
        plain(ControlState, tcp=(0.1, -0.2, 0.3)),
        action.CONTROL_STATE.to_msg, action.CONTROL_STATE.from_msg,
    ),
    'object': (thing, scene.OBJECT.to_msg, scene.OBJECT.from_msg),
    'scene': (whole_scene, scene.SCENE.to_msg, scene.SCENE.from_msg),
    'vote': (plain(SafetyVote, reasons=('a', 'b')), safety.VOTE.to_msg, safety.VOTE.from_msg),
    'report': (
        plain(
            ShieldReport, rules=('x',), held=('left: no target',),
            ages={'joints': 0.01, 'scene': math.inf},
        ),
        safety.REPORT.to_msg, safety.REPORT.from_msg,
    ),
    'failure': (plain(FailureScore), safety.FAILURE.to_msg, safety.FAILURE.from_msg),
    'heartbeat': (plain(Heartbeat), safety.HEARTBEAT.to_msg, safety.HEARTBEAT.from_msg),
    'leases': (
        plain(Leases, leases=(Lease('left', '/control', LeaseKind.TELEOP, NOW), Lease('right'))),
        safety.LEASES.to_msg, safety.LEASES.from_msg,
    ),
    'status': (plain(TaskStatus), task.STATUS.to_msg, task.STATUS.from_msg),
    'verdict': (
        plain(AlignmentVerdict, chosen=-1, scores=np.array([0.2, 0.7])),
        steering.VERDICT.to_msg, steering.VERDICT.from_msg,
    ),
    'correction': (plain(Correction), steering.CORRECTION.to_msg, steering.CORRECTION.from_msg),
    'joints': (motion(JointState), sensing.JOINTS.to_msg, sensing.JOINTS.from_msg),
}  # fmt: skip


def assert_same(got, want, path=''):
    if dataclasses.is_dataclass(want):
        for field in dataclasses.fields(want):
            name = field.name
            assert_same(getattr(got, name), getattr(want, name), f'{path}.{name}')
    elif isinstance(want, (tuple, list)):
        assert len(got) == len(want), path
        for k, (a, b) in enumerate(zip(got, want, strict=True)):
            assert_same(a, b, f'{path}[{k}]')
    elif isinstance(want, np.ndarray):
        np.testing.assert_allclose(got, want, atol=1e-8, err_msg=path)
        assert got.shape == want.shape, path
    elif isinstance(want, dict):
        assert got == want, path
    elif isinstance(want, float):
        assert got == pytest.approx(want, rel=0, abs=4e-7), path
    else:
        assert got == want, path
        assert type(got) is type(want), path


@pytest.mark.parametrize('name', RECORDS)
@pytest.mark.parametrize('seed', range(5))
def test_a_record_comes_back_from_the_wire_as_it_was(name, seed):
    make, to_msg, from_msg = RECORDS[name]
    record = make(np.random.default_rng(seed))
    message = to_msg(record)
    again = deserialize_message(serialize_message(message), type(message))
    assert_same(from_msg(again), record)


FLAT = {  # messages without sequences of messages
    'control_state': action.CONTROL_STATE, 'features': action.FEATURES, 'chunk': action.CHUNK,
    'target': action.TARGET, 'object': scene.OBJECT, 'vote': safety.VOTE, 'report': safety.REPORT,
    'failure': safety.FAILURE, 'heartbeat': safety.HEARTBEAT, 'status': task.STATUS,
    'verdict': steering.VERDICT, 'correction': steering.CORRECTION, 'joints': sensing.JOINTS,
}  # fmt: skip


@pytest.mark.parametrize('name', FLAT)
@pytest.mark.parametrize('seed', range(5))
def test_generated_bytes_are_those_of_rclpy(name, seed):
    table, (make, to_msg, _) = FLAT[name], RECORDS[name]
    record = make(np.random.default_rng(seed))
    data = table.to_bytes(record)
    assert deserialize_message(data, table.message) == to_msg(record)
    assert_same(table.from_bytes(data), record)
    assert_same(table.from_bytes(serialize_message(to_msg(record))), record)


def numpy_scalars(record):
    """The record with NumPy's numbers in place of Python's, as computing leaves them behind."""
    kinds = {float: np.float32, int: np.int64, bool: np.bool_}
    values = {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}
    changed = {k: kinds[type(v)](v) for k, v in values.items() if type(v) in kinds}
    return dataclasses.replace(record, **changed)


@pytest.mark.parametrize('name', sorted(set(RECORDS) - {'candidates'}))
def test_numpy_scalars_in_a_record_do_not_abort_the_process(name):
    make, to_msg, from_msg = RECORDS[name]
    record = numpy_scalars(make(np.random.default_rng(0)))
    message = to_msg(record)
    again = deserialize_message(serialize_message(message), type(message))
    assert type(from_msg(again)) is type(record)


@pytest.mark.parametrize('time', [0.0, 0.999_999_999_9, 1.5, NOW, 1_795_000_000.999_999_9])
def test_time_is_split_into_valid_parts(time):
    whole, rest = split(time)
    assert 0 <= rest < 10**9
    assert whole + rest * 1e-9 == pytest.approx(time, abs=3e-7)
    assert seconds(time_msg(time)) == pytest.approx(time, abs=3e-7)


def spoil(name, **changes):
    make, to_msg, from_msg = RECORDS[name]
    message = to_msg(make(np.random.default_rng(0)))
    for field, value in changes.items():
        owner = message
        *path, last = field.split('__')
        for part in path:
            owner = getattr(owner, part)
        setattr(owner, last, value)
    return from_msg, message


BAD = [
    ('chunk', {'values': [0.0] * 3}, 'not 16 x 7'),
    ('chunk', {'horizon': 0}, 'empty'),
    ('chunk', {'step': math.nan}, 'step is nan'),
    ('chunk', {'step': 0.0}, 'step is 0'),
    ('chunk', {'space': 99}, 'space is 99'),
    ('chunk', {'header__frame_id': 'camera'}, "frame is 'camera'"),
    ('chunk', {'names': ['a'] * 7, 'space': 1}, 'columns'),
    ('vote', {'speed_scale': math.nan}, 'speed_scale is nan'),
    ('vote', {'speed_scale': 1.5}, 'speed_scale is 1.5'),
    ('vote', {'ttl': -1.0}, 'ttl is -1'),
    ('vote', {'level': 7}, 'level is 7'),
    ('target', {'position': [0.0]}, 'differ in length'),
    ('target', {'source': 9}, 'source is 9'),
    ('object', {'pose__pose__orientation__w': 3.0}, 'unit length'),
    ('object', {'score': math.nan}, 'score is nan'),
    ('scene', {'target_status': 9}, 'target_status is 9'),
    ('scene', {'task__verb': 'fly'}, "verb 'fly'"),
    ('report', {'inputs': ['a']}, 'differ in length'),
    ('verdict', {'chosen': 2}, 'chosen is 2, there are 2 candidates'),
    ('verdict', {'chosen': -2}, 'chosen is -2'),
    ('verdict', {'scores': [0.0, math.nan]}, 'scores is not finite'),
    ('correction', {'ttl': 3.5}, 'ttl is 3.5'),
    ('correction', {'language_motion': ' '}, 'language_motion is empty'),
    ('correction', {'priority': 5}, 'priority is 5'),
    ('correction', {'header__frame_id': 'tool0'}, "frame is 'tool0'"),
    ('trajectory', {'points': []}, 'empty'),
    ('control_state', {'gripper': math.inf}, 'gripper is inf'),
    ('status', {'phase': 77}, 'phase is 77'),
    ('heartbeat', {'node': ''}, 'names no node'),
]


@pytest.mark.parametrize(('name', 'changes', 'reason'), BAD)
def test_a_broken_message_is_refused_with_its_reason(name, changes, reason):
    from_msg, message = spoil(name, **changes)
    with pytest.raises(BadMessage, match=reason):
        from_msg(message)


def test_a_target_that_is_not_finite_reaches_the_shield_which_brakes():
    from_msg, message = spoil('target', position=[math.nan, 0.0, 0.0])
    assert math.isnan(from_msg(message).position[0])


def test_a_score_that_is_no_number_comes_with_the_verdict_unknown_only():
    record = plain(FailureScore, verdict=Verdict.UNKNOWN, score=math.nan, threshold=math.nan)(
        np.random.default_rng(0)
    )
    assert math.isnan(safety.FAILURE.from_msg(safety.FAILURE.to_msg(record)).score)
    certain = dataclasses.replace(record, verdict=Verdict.OK, threshold=1.0)
    with pytest.raises(BadMessage, match='score is nan'):
        safety.FAILURE.from_msg(safety.FAILURE.to_msg(certain))


def test_a_trajectory_that_goes_back_in_time_is_refused():
    _, message = spoil('trajectory')
    message.points[1].time_from_start = message.points[0].time_from_start
    with pytest.raises(BadMessage, match='does not increase'):
        commands.trajectory_from_msg(message)


@pytest.mark.parametrize(
    ('changes', 'field', 'expected'),
    [
        ({'position': [math.nan, 1.0, 2.0]}, 'position', [math.nan, 1.0, 2.0]),
        ({'position': []}, 'position', []),
        ({'velocity': [0.5]}, 'velocity', [0.5]),
        ({'header__stamp__sec': 0, 'header__stamp__nanosec': 0}, 'stamp', math.nan),
    ],
)
def test_joint_states_are_judged_by_their_readers_who_know_the_joints_of_the_robot(
    changes, field, expected
):
    from_msg, message = spoil('joints', **changes)
    for record in (from_msg(message), sensing.JOINTS.from_bytes(message_to_bytes(message))):
        np.testing.assert_array_equal(getattr(record, field), expected)


def test_a_joint_name_that_is_no_utf8_is_read_as_rclpy_reads_it():
    data = message_to_bytes(spoil('joints')[1]).replace(b'a\0', b'\xff\0', 1)
    assert sensing.JOINTS.from_bytes(data).names[0] == '\ufffd'


@pytest.mark.parametrize('velocity', [[], [math.nan] * 3])
def test_joints_whose_velocity_nobody_measures_get_through_as_nan(velocity):
    from_msg, message = spoil('joints', velocity=velocity)
    record = from_msg(message)
    assert np.isnan(record.velocity).all()
    assert record.velocity.shape == record.position.shape == (3,)
