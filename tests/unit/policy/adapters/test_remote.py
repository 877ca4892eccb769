"""A policy of ours on another machine: a real server, robots, drops, strangers, damage."""

import threading
from contextlib import contextmanager

import numpy as np
import pytest
from toy import scene_of

from vla_core.errors import UserError
from vla_core.records.action import EE_NAMES, ActionChunk, PolicyFeatures, Space
from vla_core.records.scene import Verb
from vla_core.records.sensing import CameraModel, RgbdFrame
from vla_core.robot.config import load_robot
from vla_policy.adapters.array_message import from_bytes, to_bytes
from vla_policy.adapters.connection import ServerConnection
from vla_policy.adapters.remote import RemotePolicy
from vla_policy.adapters.remote_records import (
    BadRecordError,
    observation_of,
    observation_to_dict,
    proposal_of,
    proposal_to_dict,
)
from vla_policy.adapters.server import PolicyServer
from vla_policy.protocol import PolicyInfo, Proposal
from vla_policy.registry import has_weights, load_policy

MODEL = CameraModel('optical', 8, 4, 4.0, 4.0, 3.5, 1.5)


@pytest.fixture(scope='module')
def robot():
    return load_robot('fr3')  # the toy's arm has seven joints


@pytest.fixture
def seen():
    from dataclasses import replace

    image = np.arange(96, dtype=np.uint8).reshape(4, 8, 3)
    frame = RgbdFrame('scene', 0.9, MODEL, image, np.ones((4, 8), np.float32))
    return replace(scene_of(Verb.PUT_IN, 1).observe(), frames={'scene': frame})


class Served:
    """A policy that remembers what it was told and answers with the mean of the picture."""

    def __init__(self):
        self.info = PolicyInfo('served', Space.EE_DELTA, EE_NAMES, 0.1, 4, 'abc', ('scene',))
        self.attempts, self.count = [], 0
        self.fails = False

    def reset(self, task_id, instruction, seed):
        self.attempts.append((task_id, instruction, seed))
        self.count = 0

    def act(self, observation, count=1):
        if self.fails:
            raise RuntimeError('out of memory')
        self.count += 1
        mean = float(observation.frames['scene'].rgb.mean())
        chunks = tuple(
            ActionChunk(
                observation.stamp, observation.task_id, 'abc', self.count, Space.EE_DELTA,
                EE_NAMES, observation.stamp, 0.1, np.full((4, 7), mean + k), candidate=k,
                candidates=count, language_motion='move arm down',
            )
            for k in range(count)
        )  # fmt: skip
        feature = PolicyFeatures(
            observation.stamp, observation.task_id, self.count - 1, 'served/x', np.ones(3)
        )
        return Proposal(chunks, feature)


class Shop:
    """Makes served policies and keeps them."""

    def __init__(self):
        self.made = []

    def __call__(self):
        self.made.append(Served())
        return self.made[-1]


@contextmanager
def served(shop, robot, token='', port=0):
    with PolicyServer(shop, robot, token).listen('localhost', port) as listener:
        thread = threading.Thread(target=listener.serve_forever, daemon=True)
        thread.start()
        yield listener.socket.getsockname()[1]
        listener.shutdown()


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def connected(port, token='', clock=None, **more):
    return ServerConnection(f'ws://localhost:{port}', token, clock=clock or Clock(), **more)


def test_an_observation_travels_without_its_scene(seen, robot):
    back = observation_of(from_bytes(to_bytes(observation_to_dict(seen))), len(robot.joint_names))
    np.testing.assert_array_equal(back.joints, seen.joints)
    np.testing.assert_array_equal(back.frames['scene'].rgb, seen.frames['scene'].rgb)
    assert back.frames['scene'].model == MODEL
    assert (back.stamp, back.task_id, back.instruction) == (
        seen.stamp, seen.task_id, seen.instruction,
    )  # fmt: skip
    assert back.scene.objects == ()


def test_a_proposal_travels(seen):
    sent = Served().act(seen, 2)
    back = proposal_of(from_bytes(to_bytes(proposal_to_dict(sent))))
    for mine, theirs in zip(sent.chunks, back.chunks, strict=True):
        np.testing.assert_array_equal(mine.values, theirs.values)
        assert (mine.stamp, mine.seq, mine.candidate, mine.language_motion) == (
            theirs.stamp, theirs.seq, theirs.candidate, theirs.language_motion,
        )  # fmt: skip
    np.testing.assert_array_equal(back.features.feature, sent.features.feature)
    assert proposal_of(proposal_to_dict(Proposal((), reason='no picture'))).reason == 'no picture'


@pytest.mark.parametrize(
    ('change', 'words'),
    [
        ({'joints': np.zeros(3)}, r'joints has shape \(3,\), expected \(7,\)'),
        ({'joints': np.full(7, np.nan)}, 'joints is not finite'),
        ({'stamp': 'now'}, 'stamp'),
        ({'task_id': 7}, 'task_id is no text'),
        ({'frames': 3}, 'frames are missing'),
        ({'frames': {'scene': {'rgb': np.zeros((4, 8)), 'stamp': 0.0}}}, 'no .* of uint8'),
        ({'frames': {'scene': 'x'}}, 'the frame of scene is none'),
    ],
)
def test_a_bad_observation_is_refused_by_name(seen, change, words):
    with pytest.raises(BadRecordError, match=words):
        observation_of(observation_to_dict(seen) | change, 7)


@pytest.mark.parametrize(
    ('change', 'words'),
    [
        ({'chunks': 3}, 'for 3 chunks of 7 columns'),
        ({'values': np.full((1, 4, 7), np.inf)}, 'values is not finite'),
        ({'space': 'SIDEWAYS'}, "space is 'SIDEWAYS'"),
        ({'names': 'x'}, 'names are missing'),
    ],
)
def test_a_bad_proposal_is_refused_by_name(seen, change, words):
    with pytest.raises(BadRecordError, match=words):
        proposal_of(proposal_to_dict(Served().act(seen)) | change)


def test_a_robot_asks_and_every_robot_has_its_own_policy(robot, seen):
    shop = Shop()
    with served(shop, robot) as port:
        first, second = (RemotePolicy(connected(port), robot) for _ in range(2))
        assert first.info == shop.made[0].info
        first.reset(seen.task_id, 'press it', 3)
        for count in (1, 2):
            (chunk,) = first.act(seen).chunks
            assert chunk.seq == count
            assert chunk.values[0, 0] == pytest.approx(seen.frames['scene'].rgb.mean())
        assert second.act(seen, 3).chunks[2].seq == 1
    mine = shop.made[1]
    assert mine.attempts == [('', 'get ready', 0), (seen.task_id, 'press it', 3)]


def test_a_server_that_comes_back_is_told_the_attempt(robot, seen):
    clock, first, second = Clock(), Shop(), Shop()
    with served(first, robot) as port:
        policy = RemotePolicy(connected(port, clock=clock), robot)
        policy.reset(seen.task_id, 'press it', 3)
        assert policy.act(seen).chunks
    proposal = policy.act(seen)
    assert proposal.chunks == ()
    assert 'ws://localhost' in proposal.reason
    clock.now = 1.0
    with served(second, robot, port=port):
        assert policy.act(seen).chunks
    assert second.made[-1].attempts == [(seen.task_id, 'press it', 3)]


def test_a_server_that_is_slow_costs_chunks(robot, seen):
    class Slow(Served):
        def act(self, observation, count=1):
            threading.Event().wait(0.4)
            return super().act(observation, count)

    clock = Clock()
    with served(Slow, robot) as port:
        policy = RemotePolicy(connected(port, clock=clock, deadline=0.1), robot)
        assert 'no answer within 0.1 s' in policy.act(seen).reason
        assert 'waiting to connect again' in policy.act(seen).reason


def test_an_error_of_the_policy_is_said_and_ends_nothing(robot, seen):
    shop, clock = Shop(), Clock()
    with served(shop, robot) as port:
        policy = RemotePolicy(connected(port, clock=clock), robot)
        shop.made[-1].fails = True
        assert 'RuntimeError: out of memory' in policy.act(seen).reason
        clock.now = 1.0
        assert policy.act(seen).chunks


@pytest.mark.parametrize('token', ['', 'wrong'])
def test_a_stranger_is_refused(robot, token):
    with served(Shop(), robot, token='right') as port:
        with pytest.raises(UserError, match=r'no policy there: .*401'):
            RemotePolicy(connected(port, token), robot)
        RemotePolicy(connected(port, 'right'), robot)


def test_no_other_machine_is_served_without_a_token(robot):
    with pytest.raises(UserError, match='set VLA_POLICY_TOKEN'):
        PolicyServer(Shop(), robot).listen('0.0.0.0', 0)


def test_another_robot_is_refused(robot):
    with (
        served(Shop(), robot) as port,
        pytest.raises(UserError, match='its policy is for joints fr3_joint1'),
    ):
        RemotePolicy(connected(port), load_robot('ur5e'))


def test_ten_thousand_damaged_questions_end_nothing(robot, seen):
    server, policy = PolicyServer(Shop(), robot), Served()
    good = to_bytes({'do': 'act', 'count': 1, 'observation': observation_to_dict(seen)})
    random = np.random.default_rng(0)
    for _ in range(10_000):
        damaged = bytearray(good)
        for place in random.integers(0, len(damaged), random.integers(1, 8)):
            damaged[place] = random.integers(0, 256)
        answer = server.answer(policy, bytes(damaged[: random.integers(1, len(damaged) + 1)]))
        assert isinstance(answer, bytes | str)
    assert isinstance(server.answer(policy, good), bytes)
    for question in ({}, {'do': 'fly'}, {'do': 'reset'}, {'do': 'act', 'count': 0}):
        assert isinstance(server.answer(policy, to_bytes(question)), str)
    assert server.answer(policy, 'hello') == 'text is not understood'


def test_it_is_chosen_by_name(robot):
    assert not has_weights('remote:ws://localhost:9')
    with pytest.raises(UserError, match='expected remote:ws://<host>:<port>'):
        load_policy('remote:localhost', robot)
    with pytest.raises(UserError, match='no policy there: ws://localhost:9'):
        load_policy('remote:ws://localhost:9', robot)
