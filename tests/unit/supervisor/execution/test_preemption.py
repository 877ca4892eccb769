"""Preemption and cancel of a running task: rolled back in contact, at once when not."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from world import AWAY, World

from vla_core.records.action import Contact
from vla_core.records.safety import Decision, Level
from vla_core.records.task import Phase, ResultCode
from vla_supervisor.execution.commands import OperatorAnswer
from vla_supervisor.execution.graded_response import ResponseParams
from vla_supervisor.params import ExecutiveParams

OTHER = 'press the button'
WORLDS = int(os.environ.get('VLA_EXAMPLES', 8))  # 85 events in each
LOW = (0.4, 0.2, 0.03)  # m, a low tool
HELD = {'contact': Contact.HOLDING, 'tool': LOW}


def running(**more):
    world = World(**{'params': ExecutiveParams(), **more})
    world.start()
    return world.until(Phase.RUNNING).run(0.5)


def phases_after(world, then):
    first = len(world.phases)
    then()
    world.run(2.0)
    return world.phases[first:]


def say(world, words=OTHER):
    return world.executive.start(words, 3, world.now)


def test_without_contact_the_next_task_begins_where_the_tool_is():
    world = running()
    old = world.status.task_id
    phases = phases_after(world, lambda: say(world))
    assert phases == [Phase.FAILED, Phase.GROUNDING, Phase.RUNNING]
    assert world.status.instruction == OTHER
    assert world.status.seed == 3
    assert world.status.task_id != old


def test_a_low_tool_is_lifted_first():
    world = running(tool=LOW)
    phases = phases_after(world, lambda: say(world))
    assert phases == [Phase.RETREAT, Phase.FAILED, Phase.GROUNDING, Phase.RUNNING]


@pytest.mark.parametrize('contact', [Contact.HOLDING, Contact.TOUCHING])
def test_in_contact_the_old_task_is_rolled_back_before_the_next_one_begins(contact):
    world = running(rolls_back=False, contact=contact, tool=AWAY)
    old = world.status.task_id
    say(world)
    world.run(3.0)
    assert world.phase == Phase.ROLLBACK
    assert world.status.task_id == old  # what is held keeps its role
    world.rolls_back = True
    world.until(Phase.FAILED, 1.0)
    assert (world.status.task_id, world.status.code) == (old, ResultCode.SWITCHED)
    assert OTHER in world.status.text
    assert world.executive.is_busy
    world.until(Phase.RUNNING, 2.0)
    assert world.status.instruction == OTHER


def test_the_same_instruction_again_change_nothing():
    world = running(**HELD)
    started = say(world, ' put the  red cube in the blue box ')
    assert started.task_id == world.status.task_id
    assert phases_after(world, lambda: None) == []


def test_a_third_instruction_replaces_the_second_that_waits():
    world = running(rolls_back=False, **HELD)
    say(world)
    world.run(0.5)
    say(world, 'open the drawer')
    world.run(0.5)
    world.rolls_back, world.tool = True, AWAY
    world.until(Phase.RUNNING, 3.0)
    assert world.status.instruction == 'open the drawer'


def test_an_empty_instruction_switches_nothing():
    world = running()
    assert 'empty' in say(world, '  ').refusal
    assert world.phase == Phase.RUNNING


def test_a_new_task_looks_again_from_home_when_the_arm_hides_it():
    world = running()
    say(world)
    world.target = type(world.target).ABSENT
    world.until(Phase.RETREAT, 5.0)
    world.target = type(world.target).PRESENT
    world.until(Phase.RUNNING, 5.0)
    assert Phase.HOMING in world.phases


def test_cancelling_in_contact_rolls_back_and_then_holds():
    world = running(rolls_back=False, **HELD)
    world.executive.cancel(world.now)
    world.run(1.0)
    assert world.phase == Phase.ROLLBACK
    world.rolls_back = True
    world.run(5.0)
    assert (world.phase, world.status.code) == (Phase.FAILED, ResultCode.CANCELLED)
    assert world.phases[-2:] == [Phase.ROLLBACK, Phase.FAILED]
    assert not world.executive.is_busy


def test_cancelling_twice_holds_at_once():
    world = running(rolls_back=False, **HELD)
    world.executive.cancel(world.now)
    world.run(0.5)
    world.executive.cancel(world.now)
    world.run(0.1)
    assert (world.phase, world.status.code) == (Phase.FAILED, ResultCode.CANCELLED)


def test_cancelling_drops_the_task_that_waits():
    world = running(rolls_back=False, **HELD)
    say(world)
    world.run(0.5)
    world.executive.cancel(world.now)
    world.rolls_back = True
    world.run(3.0)
    assert (world.phase, world.status.code) == (Phase.FAILED, ResultCode.CANCELLED)


def test_the_same_instruction_after_a_cancel_begin_anew():
    world = running(rolls_back=False, **HELD)
    old = world.status.task_id
    world.executive.cancel(world.now)
    world.run(0.5)
    assert say(world, world.status.instruction).task_id != old
    world.rolls_back, world.tool = True, AWAY
    world.until(Phase.RUNNING, 3.0)
    assert world.status.task_id != old


def test_a_cancel_that_cannot_be_rolled_back_holds_with_its_reason():
    world = running(rolls_back=False, **HELD)
    world.executive.cancel(world.now)
    world.stuck = 'the gripper does not open'
    world.until(Phase.FAILED, 5.0)
    assert world.status.code == ResultCode.CANCELLED
    assert 'does not open' in world.status.text


def test_a_rollback_that_is_blocked_is_asked_about_and_tried_again():
    world = running(rolls_back=False, **HELD)
    say(world)
    world.stuck = 'the gripper does not open'
    world.until(Phase.ASKING, 5.0)
    assert 'does not open' in world.status.text
    assert world.executive.vote(world.now).level == Level.HOLD
    world.stuck, world.rolls_back = '', True
    assert world.executive.answer(OperatorAnswer.CONTINUE, world.now) == ''
    world.until(Phase.RUNNING, 5.0)
    assert world.status.instruction == OTHER


def test_a_rollback_that_takes_too_long_is_asked_about():
    world = running(rolls_back=False, **HELD)
    say(world)
    world.until(Phase.ASKING, world.params.rollback_timeout + 1.0)
    assert 'ROLLBACK timed out' in world.status.text


def test_an_object_held_when_a_task_begins_is_put_down_first():
    world = World(contact=Contact.HOLDING, at_home=False)
    world.start()
    world.until(Phase.RUNNING, 5.0)
    assert world.phases[1:5] == [Phase.GROUNDING, Phase.ROLLBACK, Phase.RETREAT, Phase.HOMING]


def test_under_random_events_no_task_mixes_with_another_and_none_waits_for_ever():
    """Random events against invariants."""
    dice = np.random.default_rng(0)
    for _ in range(WORLDS):
        world = World(ExecutiveParams(response=ResponseParams(ask_timeout=2.0)))
        world.start()
        for _ in range(85):
            event(world, dice)
            world.run(float(dice.choice([0.02, 0.1, 0.6])))
            check(world)
        calm(world)
        world.run(60.0)
        assert world.phase in (Phase.RUNNING, Phase.IDLE, Phase.FAILED), world.phases
        assert world.executive.is_busy == (world.phase == Phase.RUNNING)


def event(world, dice):
    ways = {
        'say': lambda: say(world, str(dice.choice([OTHER, 'open the drawer', 'close it']))),
        'cancel': lambda: world.executive.cancel(world.now),
        'answer': lambda: world.executive.answer(OperatorAnswer(int(dice.integers(2))), world.now),
        'touch': lambda: setattr(world, 'contact', Contact(int(dice.integers(3)))),
        'stick': lambda: setattr(world, 'stuck', str(dice.choice(['', '', 'stuck']))),
        'block': lambda: setattr(world, 'rolls_back', bool(dice.integers(2))),
        'hold': lambda: setattr(world, 'decision', Decision(int(dice.choice([1, 1, 4])))),
        'sick': lambda: world.executive.on_health(str(dice.choice(['', '', 'policy is lost']))),
        'low': lambda: setattr(world, 'tool', LOW if dice.integers(2) else AWAY),
    }
    ways[str(dice.choice(list(ways)))]()


def check(world):
    status, executive = world.status, world.executive
    assert executive.vote(world.now).task_id == status.task_id
    if status.phase == Phase.ASKING:
        assert executive.vote(world.now).level == Level.HOLD
        assert status.text
    if status.phase in (Phase.RUNNING, Phase.ROLLBACK, Phase.ASKING):
        assert executive.is_busy
    if status.phase == Phase.FAILED:
        assert status.text


def calm(world):
    world.stuck, world.rolls_back, world.decision = '', True, Decision.PASS
    world.executive.on_health('')


@pytest.mark.parametrize('words', ['Stop!', 'stop now', 'please stop', 'halt', 'freeze'])
def test_stop_as_an_instruction_stands_still_at_once_with_the_object_held(words):
    world = running(**HELD)
    started = []

    phases = phases_after(world, lambda: started.append(say(world, words)))
    world.run(30.0)

    assert phases == [Phase.FAILED]
    assert world.phase == Phase.FAILED
    assert world.status.code == ResultCode.STOPPED
    assert words in world.status.text
    assert not world.executive.is_busy
    assert started[0].stopped == world.status.text
    assert not started[0].refusal


@pytest.mark.parametrize('phase', [Phase.DONE, Phase.RETREAT, Phase.HOMING])
def test_stop_after_a_task_ends_the_move_home_and_keeps_the_result(phase):
    world = running()
    world.moves_done = False
    world.drop_in_box()
    world.until(Phase.DONE)
    if phase != Phase.DONE:
        world.until(Phase.RETREAT)
    if phase == Phase.HOMING:
        world.moves_done = True
        world.until(Phase.HOMING)
    assert world.phase == phase
    world.moves_done = True
    first = len(world.phases)
    started = say(world, 'stop')
    world.run(30.0)

    assert started.stopped
    assert world.phases[first:] == [Phase.IDLE]
    assert world.status.code == ResultCode.SUCCEEDED


def test_stop_drops_the_queued_task_and_ends_a_roll_back():
    world = running(**HELD, rolls_back=False)
    say(world)
    world.run(0.1)
    assert world.phase == Phase.ROLLBACK

    phases = phases_after(world, lambda: say(world, 'stop'))

    assert phases == [Phase.FAILED]
    assert world.status.code == ResultCode.STOPPED


def test_stop_without_a_task_changes_nothing():
    world = World()
    started = world.start('stop')

    assert world.run(1.0).phases == [Phase.IDLE]
    assert 'no task was running' in started.stopped


def test_stop_sent_as_an_answer_stops_too():
    world = running(**HELD)

    assert world.executive.answer(OperatorAnswer.INSTRUCTION, world.now, 'stop', 0) == ''
    assert world.status.code == ResultCode.STOPPED


def test_an_endless_instruction_is_refused_shortly_and_the_task_goes_on():
    world = running()
    started = say(world, 'put the red cube ' * 10_000)

    assert '170000 characters' in started.refusal
    assert len(started.refusal) < 100
    assert world.run(0.5).phase == Phase.RUNNING


def test_a_sentence_that_is_not_understood_does_not_end_the_running_task():
    world = running()
    task = world.status.task_id
    started = []

    assert phases_after(world, lambda: started.append(say(world, 'juggle the teapots'))) == []

    assert 'juggle' in started[0].refusal
    assert started[0].refusal.endswith('The running task goes on.')
    assert (world.phase, world.status.task_id) == (Phase.RUNNING, task)


def test_without_the_parser_any_sentence_ends_the_running_task():
    world = running(params=ExecutiveParams(parses=False))
    say(world, 'juggle the teapots')
    world.run(2.0)
    assert world.status.instruction == 'juggle the teapots'
