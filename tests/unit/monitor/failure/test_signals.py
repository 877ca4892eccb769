"""Values of the free signals."""

import dataclasses

import numpy as np
import pytest
from attempts import chunk, scene, status, tool_state

from vla_core.records.action import Contact
from vla_core.records.safety import ArmState, Decision, ShieldReport
from vla_core.records.scene import Verb
from vla_monitor.failure.signals import SIGNALS, SignalParams, Signals, disagreement, kind_of


class SignalRig:
    """Signals of one attempt with a given tool motion."""

    def __init__(self, verb=Verb.PUT_IN):
        self.signals = Signals(SignalParams())
        self.signals.observe('status', status(), 0.0)
        self.verb = verb

    def go(self, seconds, speed=0.0, asked=0.1, opening=0.04, start=0.0, **kind):
        for k in range(round(seconds / 0.1)):
            now = start + 0.1 * (k + 1)
            self.signals.observe('scene', scene(now, self.verb), now)
            state = tool_state(now, x=0.4 + speed * now, opening=opening, **kind)
            self.signals.observe('control_state', state, now)
            if k % 2 == 0:
                self.signals.observe('candidates', (chunk(now, asked),), now)
        return dict(zip(SIGNALS, self.signals.row(now), strict=True))


def test_motion_asked_for_that_does_not_come_counts_as_stuck():
    row = SignalRig().go(1.5)
    assert row['stuck'] == pytest.approx(1.4, abs=0.11)
    assert SignalRig().go(8.0)['stuck'] == pytest.approx(7.9, abs=0.11)
    assert row['moved'] == 0.0


def test_an_arm_that_the_shield_holds_is_not_stuck():
    rig = SignalRig()
    rig.go(3.0)
    held = ShieldReport(3.0, 1, ArmState.ARMED, Decision.HOLD, 'a vote')
    rig.signals.observe('report', held, 3.0)
    assert rig.go(0.5, start=3.0)['stuck'] == pytest.approx(0.4, abs=0.11)
    passed = dataclasses.replace(held, decision=Decision.CLIPPED)
    rig.signals.observe('report', passed, 3.5)
    assert rig.go(0.5, start=3.5)['stuck'] == pytest.approx(0.9, abs=0.11)


def test_an_arm_that_moves_or_is_not_asked_to_is_not_stuck():
    assert SignalRig().go(3.0, speed=0.05)['stuck'] == 0.0
    assert SignalRig().go(3.0, asked=0.0)['stuck'] == 0.0


def test_a_hand_closed_on_nothing_counts_only_where_it_should_hold():
    assert SignalRig().go(2.0, opening=0.0)['empty'] == pytest.approx(1.9, abs=0.11)
    assert SignalRig(Verb.PUSH).go(2.0, opening=0.0)['empty'] == 0.0
    assert SignalRig().go(2.0, opening=0.03)['empty'] == 0.0


def test_the_hand_opened_again_starts_over():
    rig = SignalRig()
    rig.go(2.0, opening=0.0)
    assert rig.go(0.5, opening=0.05, start=2.0)['empty'] == 0.0


def test_what_the_hand_and_the_things_do_is_in_the_row():
    rig = SignalRig()
    rig.go(1.0, speed=0.1)
    rig.signals.observe('scene', scene(1.1, x=0.6, visible=False), 1.1)
    rig.signals.observe('control_state', tool_state(1.1, 0.5, 0.03, Contact.HOLDING), 1.1)
    row = dict(zip(SIGNALS, rig.signals.row(1.3), strict=True))
    assert row['shifted'] == pytest.approx(0.1)
    assert row['away'] == pytest.approx(np.hypot(0.1, 0.18))
    assert (row['holding'], row['touching'], row['opening']) == (1.0, 0.0, 0.03)
    assert row['stale'] == pytest.approx(0.2)
    assert row['unseen'] == pytest.approx(0.1)


def test_a_new_attempt_forgets():
    rig = SignalRig()
    rig.go(2.0, opening=0.0)
    rig.signals.observe('status', status(attempt=2), 2.0)
    assert not rig.signals.row(2.0)[SIGNALS.index('empty')]


def test_two_chunks_of_one_way_agree_over_what_both_cover():
    assert disagreement(chunk(1.0), chunk(1.2)) == pytest.approx(0.0, abs=1e-12)
    assert disagreement(chunk(1.0), chunk(1.2, speed=-0.05)) > 0.02
    assert disagreement(chunk(1.0), chunk(9.0)) == 0.0


def test_kinds_of_tasks_have_names():
    assert kind_of(scene(0.0)) == 'put_in cube'
    assert kind_of(None) == ''


def test_a_late_tool_state_is_dropped_and_the_standstill_goes_on():
    rig = SignalRig()
    rig.go(2.0)
    rig.signals.observe('control_state', tool_state(1.995, x=0.4, opening=0.04), 2.0)
    assert rig.go(1.0, start=2.0)['stuck'] == pytest.approx(2.9, abs=0.11)


@pytest.mark.parametrize('step', [-3600.0, 3600.0])
def test_after_the_clock_was_set_durations_start_again(step):
    rig = SignalRig()
    rig.go(3.0, start=5000.0)
    rig.signals.on_clock_jump(5003.0 + step)
    row = rig.go(1.0, start=5003.0 + step)
    assert row['stuck'] == pytest.approx(0.9, abs=0.21)
    assert 0.0 <= row['stale'] < 0.2


def test_a_chunk_from_before_a_jump_of_the_clock_does_not_hide_those_after_it():
    rig = SignalRig()
    rig.signals.observe('chunk', chunk(5000.0, 0.1), 100.0)
    rig.signals.observe('chunk', chunk(100.1, 0.1), 100.1)
    assert rig.signals.chunk.stamp == 100.1
    rig.signals.observe('chunk', chunk(100.0, 0.1), 100.2)
    assert rig.signals.chunk.stamp == 100.1
