"""A policy in a process of its own as a source of actions: the real server around a fake model."""

import os
import time

import numpy as np
import pytest

from vla_core.errors import UserError
from vla_core.robot.config import load_robot
from vla_policy.adapters.connection import NoAnswerError
from vla_policy.adapters.lerobot import client
from vla_policy.adapters.lerobot.client import LerobotClient
from vla_policy.registry import has_weights, load_policy, require_fit


def observed(value=1.0, text='press it', size=7):
    return {'observation.state': np.full(size, value, np.float32), 'task': text}


@pytest.fixture
def source(started):
    process = started()
    process.wait()
    made = LerobotClient(process, deadline=5.0)
    yield made
    made.close()


def test_an_episode_begins_with_its_seed_and_an_empty_history(source):
    source.reset(2**31 + 5)
    assert source.infer(observed(1.0))[1, :2].tolist() == [5, 1]
    source.infer(observed(2.0))
    source.infer(observed(3.0))
    rows = source.infer(observed(4.0))
    assert rows[0, :4].tolist() == [2, 3, 4, 0]  # the last three
    assert rows[1, :2].tolist() == [5, 3]
    source.reset(6)
    assert source.infer(observed(5.0))[1, :2].tolist() == [6, 1]


def test_what_does_not_fit_or_fails_is_said_and_the_next_one_counts(source):
    source.reset(7)
    for given, words in (
        ({'task': object()}, 'ValueError: a object is not sent'),  # never reached the server
        (observed(size=6), r'the server says: observation.state is \(6,\), expected \(7,\)'),
        (observed(text='fail'), 'the server says: IndexError: a bug'),
    ):
        with pytest.raises(NoAnswerError, match=words):
            source.infer(given)
        time.sleep(0.6)  # until it connects again
    assert source.infer(observed())[1, :2].tolist() == [7, 1]  # the reset was not lost


def test_a_late_answer_is_not_used(started):
    process = started()
    process.wait()
    source = LerobotClient(process, deadline=0.2)
    with pytest.raises(NoAnswerError, match=r'no answer within 0\.2 s'):
        source.infer(observed(text='sleep'))
    source.close()


def test_its_death_is_said_with_the_reason(source):
    source.reset(1)
    with pytest.raises(NoAnswerError, match='ConnectionClosed'):
        source.infer(observed(text='die'))
    source._process._process.wait(10.0)
    with pytest.raises(
        NoAnswerError, match=r'has ended \(3\): last output: RuntimeError: out of memory'
    ):
        source.infer(observed())


@pytest.fixture
def faked(monkeypatch, started):
    """Load with a fake in place of LeRobot; the pid of the last one."""

    def use(what):
        pids = []

        def make(command, environment):
            process = started(what)
            pids.append(process.pid)
            return process

        monkeypatch.setattr(client, 'PolicyProcess', make)
        monkeypatch.setattr(client, 'python', lambda: 'python')
        return pids

    return use


@pytest.mark.parametrize(
    ('what', 'words'),
    [
        ('slow to compute', r'a chunk takes 7\.40 s here, it must take less than 0\.8 s'),
        ('few rows', 'a chunk has 2 rows, the mapping uses 4'),
        ('unloadable', "LeRobot's process: it has ended: OSError: no weights"),
    ],
)
def test_a_policy_that_cannot_drive_is_refused_and_ended(faked, saved, mapping_file, what, words):
    pids = faked(what)
    spec = f'lerobot:{saved(chunk_size=4)}#{mapping_file()}'
    with pytest.raises(UserError, match=words):
        load_policy(spec, load_robot('ur5e'))
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_simulated_time_waits_for_a_slow_one(faked, saved, mapping_file):
    faked('slow to compute')
    spec = f'lerobot:{saved(chunk_size=4)}#{mapping_file()}'
    policy = load_policy(spec, load_robot('ur5e'), deadline=60.0)
    assert policy.info.horizon == 4
    assert policy.info.cameras == ('scene', 'wrist')
    assert not has_weights(spec)


def test_a_missing_environment_names_the_command(saved, mapping_file, monkeypatch, tmp_path):
    spec = f'lerobot:{saved()}#{mapping_file()}'
    monkeypatch.setattr(client, 'stack_root', lambda: tmp_path)
    monkeypatch.delenv(client.VARIABLE, raising=False)
    with pytest.raises(UserError, match=r'\./vla policy environment lerobot makes one'):
        require_fit(spec, load_robot('ur5e'))
    monkeypatch.setenv(client.VARIABLE, '/nowhere/python')
    with pytest.raises(UserError, match='VLA_LEROBOT_PYTHON is /nowhere/python, which is no file'):
        require_fit(spec, load_robot('ur5e'))


@pytest.mark.parametrize('spec', ['lerobot:', 'lerobot:mine', 'lerobot:#droid'])
def test_a_spec_without_folder_or_mapping_is_refused(spec):
    with pytest.raises(UserError, match=r'expected lerobot:<folder>#<mapping>'):
        load_policy(spec, load_robot('ur5e'))


def test_our_libraries_are_not_those_of_the_process(monkeypatch):
    monkeypatch.setenv('PYTHONPATH', 'ours')
    monkeypatch.setenv('LD_LIBRARY_PATH', 'ours')
    assert not {'PYTHONPATH', 'LD_LIBRARY_PATH'} & set(client.environment_of())
    assert client.environment_of()['HF_HUB_OFFLINE'] == '1'


def test_the_command_is_isolated_and_finds_the_server(monkeypatch, saved):
    monkeypatch.setenv(client.VARIABLE, os.path.realpath('/bin/sh'))
    command = client.command_of(saved())
    assert command[:3] == [os.path.realpath('/bin/sh'), '-I', '-c']
    assert os.path.isfile(os.path.join(command[4], 'vla_policy/adapters/array_message.py'))
