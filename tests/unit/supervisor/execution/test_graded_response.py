"""The graded response in a task: slow, hold, back off, retry, ask, stop; and how each ends."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from world import World

from vla_core.records.action import Contact
from vla_core.records.alignment import AlignmentVerdict
from vla_core.records.safety import ArmState, Decision, FailureScore, Level, Verdict
from vla_core.records.task import Phase, ResultCode
from vla_supervisor.execution.commands import HostAction, OperatorAnswer
from vla_supervisor.execution.graded_response import ResponseParams
from vla_supervisor.params import ExecutiveParams

LOW = (0.4, 0.2, 0.03)  # m


def running(**more):
    response = more.pop('response', ResponseParams())
    world = World(**{'params': ExecutiveParams(response=response), **more})
    world.start()
    return world.until(Phase.RUNNING)


def detect(world, verdict, seconds):
    for _ in range(round(seconds / 0.2)):
        task = world.status.task_id
        score = FailureScore(
            world.now, task, 1, 3.0, 2.0, 0.15, verdict, 'band', reason='the gripper is empty'
        )
        world.executive.on_failure(score, world.now)
        world.run(0.2)
    return world


def align(world, chosen, seconds):
    for k in range(round(seconds / 0.2)):
        task, scores = world.status.task_id, np.zeros(2)
        verdict = AlignmentVerdict(world.now, task, k, 'grasp it', chosen, scores, 'A', 0.1, 0.01)
        world.executive.on_verdict(verdict, world.now)
        world.run(0.2)
    return world


def asked(**more):
    world = running(**more)
    world.decision = Decision.HOLD
    return world.until(Phase.ASKING, 60.0)


def vote(world):
    return world.executive.vote(world.now)


def test_suspect_slows_the_robot_with_its_reason():
    world = detect(running(), Verdict.SUSPECT, 1.0)
    voted = vote(world)
    assert (voted.level, voted.speed_scale) == (Level.SLOW, 0.4)
    assert voted.reasons == ('failure suspected: the gripper is empty',)
    assert vote(detect(world, Verdict.OK, 0.2)).level == Level.RUN
    assert world.phase == Phase.RUNNING


def test_failing_holds_and_then_tries_again_with_another_seed():
    world = detect(running(), Verdict.FAIL, 0.4)
    assert (vote(world).level, world.phase) == (Level.HOLD, Phase.RUNNING)
    detect(world, Verdict.FAIL, 0.4)
    world.until(Phase.RUNNING, 3.0)
    assert world.status.attempt == 2  # the seed of an attempt is that of the task plus its number
    assert vote(world).level == Level.RUN
    assert Phase.RETREAT in world.phases


def test_failing_while_it_holds_something_puts_that_back_first():
    world = running(contact=Contact.HOLDING, tool=LOW)
    detect(world, Verdict.FAIL, 1.0)
    world.until(Phase.RUNNING, 3.0)
    assert world.phases[3:5] == [Phase.ROLLBACK, Phase.RETREAT]


def test_failing_at_every_try_ends_with_a_question_and_its_bell():
    world = detect(running(), Verdict.FAIL, 1.0)
    world.until(Phase.RUNNING, 3.0)
    detect(world, Verdict.FAIL, 1.0)
    world.until(Phase.ASKING, 3.0)
    assert 'failure detected' in world.status.text
    assert world.requests.count(HostAction.RING) == 1
    assert vote(world).level == Level.HOLD


def test_no_good_candidate_holds_and_then_tries_again():
    world = align(running(), -1, 1.0)
    assert vote(world).level == Level.HOLD
    assert 'grasp it' in vote(world).reasons[0]
    align(world, -1, 1.4)
    assert world.status.attempt == 2


def test_a_good_candidate_lets_it_continue():
    world = align(align(running(), -1, 1.0), 0, 0.2)
    assert (vote(world).level, world.phase) == (Level.RUN, Phase.RUNNING)


def test_a_verdict_about_another_task_does_not_count():
    world = running()
    verdict = AlignmentVerdict(world.now, 'other', 1, '', -1, np.zeros(2), 'A', 0.1, 0.01)
    world.executive.on_verdict(verdict, world.now)
    world.run(0.1)
    assert vote(world).level == Level.RUN


def test_an_answer_to_continue_grants_one_more_attempt():
    world = asked()
    attempt = world.status.attempt
    world.decision = Decision.PASS
    assert world.executive.answer(OperatorAnswer.CONTINUE, world.now) == ''
    world.until(Phase.RUNNING, 5.0)
    assert world.status.attempt == attempt + 1
    world.drop_in_box()
    world.until(Phase.DONE, 5.0)


def test_an_answer_to_stop_ends_the_task_where_it_is():
    world = asked()
    assert world.executive.answer(OperatorAnswer.STOP, world.now) == ''
    world.run(5.0)
    assert (world.phase, world.status.code) == (Phase.FAILED, ResultCode.STOPPED)
    assert 'by the operator' in world.status.text
    assert 'clearance' in world.status.text


def test_an_answer_with_an_instruction_runs_it_instead():
    world = asked()
    world.decision = Decision.PASS
    assert (
        world.executive.answer(OperatorAnswer.INSTRUCTION, world.now, 'press the button', 4) == ''
    )
    world.until(Phase.RUNNING, 5.0)
    assert (world.status.instruction, world.status.seed) == ('press the button', 4)


def test_a_question_nobody_answers_ends_the_task_with_its_reason():
    world = asked(response=ResponseParams(ask_timeout=3.0))
    began = world.now
    world.until(Phase.FAILED, 5.0)
    assert 2.9 <= world.now - began <= 3.1
    assert 'clearance' in world.status.text
    assert 'no answer' in world.status.text


@pytest.mark.parametrize(('answer', 'why'), [(OperatorAnswer.CONTINUE, 'no question is open')])
def test_an_answer_to_no_question_is_refused(answer, why):
    assert running().executive.answer(answer, 0.0) == why


def test_without_a_task_there_is_nothing_to_answer():
    world = World()
    assert world.executive.answer(OperatorAnswer.CONTINUE, world.now) == 'no task is running'
    assert world.executive.answer(OperatorAnswer.STOP, world.now) == 'no task is running'


def test_a_person_may_stop_at_any_time():
    world = running(contact=Contact.HOLDING)
    assert world.executive.answer(OperatorAnswer.STOP, world.now) == ''
    world.run(1.0)
    assert (world.phase, world.status.code) == (Phase.FAILED, ResultCode.STOPPED)


def test_a_lost_node_is_waited_for_and_then_asked_about_and_its_return_resumes():
    world = running()
    world.executive.on_health('failure has been silent for 0.6 s')
    world.run(3.0)
    assert (world.phase, vote(world).level) == (Phase.RUNNING, Level.HOLD)
    world.until(Phase.ASKING, 10.0)
    assert 'failure has been silent' in world.status.text
    world.executive.on_health('')
    world.until(Phase.RUNNING, 3.0)
    assert vote(world).level == Level.RUN


def test_a_node_that_comes_back_in_time_costs_nothing_but_time():
    world = running()
    world.decision = Decision.HOLD
    world.executive.on_health('policy has been silent for 0.6 s')
    world.run(8.0)
    world.executive.on_health('')
    world.decision = Decision.PASS
    world.run(1.0)
    assert (world.phase, world.status.attempt) == (Phase.RUNNING, 1)


COVERED: dict = {'trouble': 'only 0 % of the picture has depth'}
FROZEN = {'sees': False}


def blinded(world, how):
    """Perception, and with it the shield, holds while there is no image."""
    world.decision = Decision.HOLD
    for name, value in how.items():
        setattr(world, name, value)
    return world


def mended(world):
    world.decision, world.trouble, world.sees = Decision.PASS, '', True
    return world


@pytest.mark.parametrize('how', [COVERED, FROZEN])
@pytest.mark.parametrize('phase', [Phase.RUNNING, Phase.RETREAT])
def test_a_camera_that_is_covered_for_a_while_costs_nothing_but_time(how, phase):
    world = World(at_home=phase == Phase.RUNNING, moves_done=phase == Phase.RUNNING).run(1.0)
    world.start()
    blinded(world.until(phase), how).run(25.0)
    assert (world.phase, vote(world).level) == (phase, Level.HOLD)
    assert 'no usable camera image' in vote(world).reasons[0]
    mended(world).run(1.0)
    assert (world.phase, world.status.attempt) == (phase, 1)
    assert vote(world).level == Level.RUN


def test_a_detector_without_features_does_not_count_without_an_image():
    world = detect(blinded(running(), COVERED), Verdict.UNKNOWN, 10.0)
    assert (world.phase, world.status.attempt) == (Phase.RUNNING, 1)
    detect(mended(world), Verdict.UNKNOWN, 2.0)  # it needs time to recover, too
    assert (world.phase, world.status.attempt) == (Phase.RUNNING, 1)


@pytest.mark.parametrize(
    ('how', 'why'), [(COVERED, 'only 0 %'), (FROZEN, 'no new image received')]
)
def test_a_camera_that_stays_covered_is_asked_about_and_its_return_resumes(how, why):
    world = blinded(running(), how).run(29.0)
    assert world.phase == Phase.RUNNING
    world.until(Phase.ASKING, 4.0)
    assert why in world.status.text
    assert HostAction.RING in world.requests
    mended(world).until(Phase.RUNNING, 3.0)
    assert (world.status.attempt, vote(world).level) == (2, Level.RUN)


def test_releasing_the_dead_man_switch_holds_the_robot_for_as_long_as_it_takes():
    world = running()
    world.executive.on_inhibit('the dead-man switch is released')
    world.decision = Decision.HOLD
    world.run(100.0)
    assert (world.phase, world.status.attempt) == (Phase.RUNNING, 1)
    assert vote(world).level == Level.HOLD
    assert vote(world).reasons == ('the dead-man switch is released',)
    world.executive.on_inhibit('')
    world.decision = Decision.PASS
    world.run(1.0)
    assert vote(world).level == Level.RUN


def test_an_emergency_stop_is_a_vote_to_stop_and_not_only_to_hold():
    world = running()
    world.executive.on_emergency('the emergency stop is pressed')
    voted = vote(world)
    assert (voted.level, voted.speed_scale) == (Level.STOP, 0.0)
    assert voted.reasons == ('the emergency stop is pressed',)


def test_a_latched_shield_ends_the_task_while_a_person_is_not_asked():
    world = running()
    world.arm = ArmState.LATCHED
    world.run(0.1)
    assert (world.phase, world.status.code) == (Phase.FAILED, ResultCode.STOPPED)
    assert HostAction.RING not in world.requests


def test_a_hold_that_blocks_the_rollback_is_asked_about():
    world = running(contact=Contact.HOLDING, tool=LOW, rolls_back=False)
    world.decision = Decision.HOLD
    world.until(Phase.ROLLBACK, 6.0)
    world.until(Phase.ASKING, 6.0)
    assert 'held by the shield' in world.status.text
