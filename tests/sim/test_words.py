"""Sentences in the whole chain in one process: stop while carrying, and a refused instruction."""

import numpy as np
import pytest

from vla_core.records.action import Contact
from vla_core.records.task import Phase, ResultCode
from vla_lockstep.lockstep import Lockstep, Run
from vla_lockstep.stack import load_setup
from vla_policy.experts.scripted import ScriptedPolicy
from vla_sim.scenes.tasks import sample_episode

SEED = 22
CARRIED = 0.5  # s after the grasp, in the middle of the move


@pytest.fixture(scope='module')
def host():
    return Lockstep(load_setup('ur5e').without_monitors())


class SpokenEpisode:
    """A put_in episode under the scripted policy; keeps joint positions and contacts."""

    def __init__(self, host):
        episode = sample_episode('put_in', SEED, host.setup.scene, {})
        host.sim.start(episode)
        self.instruction = episode.instruction
        self.q, self.contact = [], Contact.NONE
        self.run_of = Run(host.setup, host.sim, ScriptedPolicy(), self.tap)
        self.run_of.bring_up()

    def tap(self, topic, record, now):
        if topic == 'joint_states':
            self.q.append(record.position[:6])
        elif topic == 'control_state':
            self.contact = record.contact

    def say(self, text):
        self.run_of.start_task(text, SEED)

    def cycle(self, seconds):
        end = self.run_of.sim.time + seconds
        while self.run_of.sim.time < end:
            self.run_of.cycle()

    def until_carrying(self):
        while self.contact != Contact.HOLDING:
            self.run_of.cycle()
            assert self.run_of.sim.time < 30.0
        self.cycle(CARRIED)


def test_stop_while_carrying_stands_at_once_with_the_object(host):
    episode = SpokenEpisode(host)
    episode.say(episode.instruction)
    episode.until_carrying()
    episode.q.clear()
    episode.say('please stop')
    episode.cycle(6.0)
    moved = np.abs(np.diff(episode.q, axis=0)).sum(axis=0)  # rad, the whole path of each joint
    late = np.abs(np.diff(episode.q[len(episode.q) // 6 :], axis=0)).sum(axis=0)

    status = episode.run_of.executive.status
    assert (status.phase, status.code) == (Phase.FAILED, ResultCode.STOPPED)
    assert moved.max() < 0.3
    assert late.max() < 0.01  # it stands from the first second on
    assert episode.contact == Contact.HOLDING


def test_an_unknown_word_is_refused_by_name_and_nothing_moves(host):
    episode = SpokenEpisode(host)
    episode.say(episode.instruction.replace('the ', 'the maroon ', 1))
    episode.q.clear()
    while not episode.run_of.is_over:
        episode.run_of.cycle()

    status = episode.run_of.executive.status
    assert status.code == ResultCode.REFUSED_INSTRUCTION
    assert "I do not know 'maroon'" in status.text
    assert np.ptp(episode.q, axis=0).max() < 1e-3
