"""The failure detector as a node in a process of its own: it comes up for a policy that it fits,
and for no other; it scores what flows and votes."""

import dataclasses
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / 'unit' / 'monitor' / 'failure'))

import attempts
from graph import Client
from lifecycle_msgs.msg import Transition

from vla_core.records.safety import Level, Verdict
from vla_core.stack_root import stack_root
from vla_interfaces import msg
from vla_monitor.failure import calibration
from vla_monitor.failure.detector_loading import binding_of
from vla_ros import topics

START = 'from vla_monitor.failure.node import main; main()'
CONFIGURE, ACTIVATE = Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE


class Bench(Client):
    """Says what policy and control would say; hears the detector."""

    def __init__(self):
        super().__init__()
        self.watch(topics.HEARTBEATS, topics.FAILURE)
        self.votes = []
        self.node.create_subscription(
            msg.SafetyVote, topics.VOTES.name, self.votes.append, topics.VOTES.qos
        )
        self.talk = {}

    def say(self, topic, record):
        if topic.name not in self.talk:
            self.talk[topic.name] = self.node.create_publisher(topic.type, topic.name, topic.qos)
            self.until(lambda: self.talk[topic.name].get_subscription_count() > 0, 5.0)
        self.talk[topic.name].publish(topic.to_msg(record))

    @property
    def now(self):
        return self.node.get_clock().now().nanoseconds * 1e-9

    @property
    def score(self):
        return self.newest.get(topics.FAILURE.name)


@pytest.fixture
def bench():
    made = Bench()
    yield made
    made.close()


@pytest.fixture
def start(bench):
    """Starts the node for a policy; returns what it has printed so far, when asked."""
    running = []

    def started(policy):
        process = subprocess.Popen(
            [sys.executable, '-c', START, '--ros-args'] + ['-p', f'policy:={policy}'],
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        assert bench.until(lambda: 'failure' in bench.beats, 20.0)
        return process

    yield started
    for process in running:
        process.terminate()
        process.wait(5.0)


@pytest.fixture(scope='module')
def calibrated(tmp_path_factory):
    """A copy of the shipped checkpoint, with a detector calibrated for it by hand."""
    folder = tmp_path_factory.mktemp('checkpoint')
    shipped = stack_root() / 'checkpoints' / 'tabletop'
    for name in ('policy.json', 'policy.safetensors'):
        shutil.copy(shipped / name, folder / name)
    binding = binding_of(folder, 0.2)
    made = dataclasses.replace(attempts.calibration(width=binding.width), binding=binding)
    calibration.save(folder / calibration.FOLDER, made, 'code', 'data')
    return folder


def test_a_policy_without_features_leaves_the_free_signals_and_says_so(bench, start):
    start('scripted')
    assert bench.change('failure', CONFIGURE)
    assert bench.change('failure', ACTIVATE)
    assert bench.until(lambda: bench.beats['failure'].detail == 'free signals only', 5.0)
    bench.say(topics.STATUS, dataclasses.replace(attempts.status(), stamp=bench.now))
    bench.say(topics.CANDIDATES, (attempts.chunk(bench.now),))
    assert bench.until(lambda: bench.score is not None, 5.0)
    assert (bench.score.verdict, bench.score.alpha) == (Verdict.OK, 0.0)
    assert bench.score.band_id == 'free signals only'
    assert bench.until(lambda: len(bench.votes) > 5, 5.0)
    assert {(vote.voter, vote.level) for vote in bench.votes} == {('failure', Level.RUN)}


def test_a_failing_attempt_is_scored_and_held_and_silence_is_unknown(bench, start, calibrated):
    start(calibrated)
    assert bench.change('failure', CONFIGURE)
    assert bench.change('failure', ACTIVATE)
    binding = binding_of(calibrated, 0.2)
    schema = binding.schema
    bench.say(topics.STATUS, dataclasses.replace(attempts.status(), stamp=bench.now))
    drift = np.zeros((30, binding.width))
    drift[:, 0] = np.linspace(0.0, 12.0, 30)
    latencies = []
    for index, values in enumerate(drift):
        now = bench.now
        bench.say(topics.CANDIDATES, (attempts.chunk(now),))
        bench.say(topics.FEATURES, attempts.features(index, values, now, schema))
        known = bench.counts[topics.FAILURE.name]
        assert bench.until(lambda known=known: bench.counts[topics.FAILURE.name] > known, 2.0)
        latencies.append(bench.score.latency)
    assert bench.score.verdict == Verdict.FAIL
    assert bench.score.infer_index == 29
    assert np.median(latencies) < 0.005
    assert bench.until(lambda: bench.votes[-1].level == Level.HOLD, 1.0)
    bench.say(topics.STATUS, dataclasses.replace(attempts.status(attempt=2), stamp=bench.now))
    assert bench.until(lambda: bench.votes[-1].level == Level.RUN, 1.0)
    assert bench.until(lambda: bench.score.verdict == Verdict.UNKNOWN, 4.0)
    assert bench.until(lambda: bench.votes[-1].level == Level.HOLD, 1.0)


def test_a_calibration_of_other_weights_keeps_the_node_out(bench, start, calibrated, tmp_path):
    shutil.copytree(calibrated, tmp_path / 'other')
    made = calibration.load(calibrated / calibration.FOLDER)
    other = dataclasses.replace(made.binding, checkpoint='0123456789ab')
    calibration.save(
        tmp_path / 'other' / calibration.FOLDER, dataclasses.replace(made, binding=other), '', ''
    )
    process = start(tmp_path / 'other')
    assert not bench.change('failure', CONFIGURE)
    process.terminate()
    _, said = process.communicate(timeout=5.0)
    assert 'calibrated for 0123456789ab' in said
    assert './vla calibrate' in said
