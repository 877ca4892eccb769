"""A person's word in the whole chain: it moves the arm through control and shield, and expires."""

from dataclasses import replace

import numpy as np
import pytest

from vla_bench.steering.trial import one_try
from vla_core.records.task import Phase
from vla_learning.data.corrections import pairs_of
from vla_lockstep.lockstep import Lockstep, Run
from vla_lockstep.stack import load_setup
from vla_monitor.steering.verifier import Verifier, VerifierParams
from vla_policy.experts.scripted import ScriptedPolicy

TTL = 1.0  # s
RIGHT = (0.45, -0.22)  # m, the target: uncorrected the arm goes right


class Heard:
    """Everything that was said, by stream."""

    def __init__(self):
        self.said = []

    def __call__(self, stream, record, now):
        self.said.append((stream, record, now))

    def of(self, stream):
        return [(record, now) for name, record, now in self.said if name == stream]


@pytest.fixture(scope='module')
def played():
    """The stream of an episode in which 'move arm left' is said 1 s after the policy began."""
    setup = one_try(load_setup('ur5e'))
    choose = lambda: Verifier(VerifierParams(), setup.robot, setup.shield)  # noqa: E731
    heard = Heard()
    host = Lockstep(replace(setup, verifier=choose), heard)
    episode = host.sim.reset('put_in', 5, target_at=RIGHT, destination_at=(0.45, 0.2))
    run = Run(host.setup, host.sim, ScriptedPolicy(), heard)
    run.bring_up()
    run.start_task(episode.instruction, 5)
    for _ in range(500):
        run.cycle()
        if run.status and run.status.phase == Phase.RUNNING:
            break
    places = {}
    for cycle in range(450):
        if cycle == 100:
            run.correct('move arm left', TTL)
            places['said at'] = host.sim.time
        run.cycle()
        places[round(host.sim.time, 2)] = host.sim.base_from_tcp()[:3, 3].copy()
    return heard, places


def at(places, after):
    return places[round(places['said at'] + after, 2)]


def test_the_arm_moves_left_while_it_holds(played):
    _, places = played
    before = at(places, -0.3)[1] - at(places, -0.8)[1]
    assert before < -0.01  # it was on its way to the right
    moved = at(places, TTL + 0.1) - at(places, 0.4)
    assert moved[1] > 0.02
    assert abs(moved[0]) < 0.02


def test_it_expires_and_the_policy_goes_on(played):
    _, places = played
    assert at(places, TTL + 2.0)[1] < at(places, TTL + 0.2)[1] - 0.03


def test_only_chunks_of_that_time_carry_the_phrase(played):
    heard, places = played
    corrected = [now for record, now in heard.of('verdict') if record.verifier == 'a person']
    assert len(corrected) == pytest.approx(TTL / 0.2, abs=1)
    assert min(corrected) >= places['said at']
    assert max(corrected) < places['said at'] + TTL
    spoken = {record.language_motion for record, _ in heard.of('chunk')}
    assert 'move arm left' in spoken
    assert len(spoken) > 1


def test_the_pair_to_learn_from_is_in_the_stream(played):
    heard, _ = played
    pairs = pairs_of((stream, record) for stream, record, _ in heard.said)
    assert 4 <= len(pairs) <= 6
    for pair in pairs:
        assert pair.corrected == 'move arm left'
        assert 'right' in pair.proposed or pair.proposed != pair.corrected
        assert pair.operator_id == 'test'
        assert abs(pair.scene.stamp - pair.stamp) < 0.2
        assert np.isfinite(pair.joints.position).all()
