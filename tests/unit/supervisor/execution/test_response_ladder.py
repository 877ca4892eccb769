"""The graded response: every level, its reason, its time limit, and its end."""

import math

import pytest

from vla_core.records.safety import Verdict
from vla_core.records.task import ResultCode
from vla_supervisor.execution.graded_response import (
    GradedResponse,
    ResponseLevel,
    ResponseParams,
    TaskConditions,
)

P = ResponseParams()


def response_after_begin(**params):
    response = GradedResponse(ResponseParams(**params))
    response.begin(10.0)
    return response


def fails(response, verdict, begin, end, step=0.2):
    now = begin
    while now <= end + 1e-9:
        response.on_failure(verdict, 'score 3 of 2', now, now)
        now += step
    return response


def test_without_a_fault_there_is_no_reaction():
    assert response_after_begin().react(TaskConditions(), 10.0).level == ResponseLevel.OK


def test_suspect_slows_and_ok_ends_it():
    response = fails(response_after_begin(), Verdict.SUSPECT, 10.1, 14.1)
    reaction = response.react(TaskConditions(), 14.1)
    assert reaction.level == ResponseLevel.SLOW
    assert 'score 3' in reaction.reason
    response.on_failure(Verdict.OK, '', 14.2, 14.2)
    assert response.react(TaskConditions(), 14.2).level == ResponseLevel.OK


def test_fail_holds_and_then_backs_off():
    response = fails(response_after_begin(), Verdict.FAIL, 10.1, 10.5)
    assert response.react(TaskConditions(), 10.5).level == ResponseLevel.HOLD
    response = fails(response, Verdict.FAIL, 10.7, 10.7)
    reaction = response.react(TaskConditions(), 10.7)
    assert (reaction.level, reaction.code) == (ResponseLevel.BACK_OFF, ResultCode.FAILED)
    assert 'failure detected' in reaction.reason


def test_when_no_attempt_is_left_the_operator_is_asked():
    response = fails(response_after_begin(), Verdict.FAIL, 10.1, 11.1)
    assert response.react(TaskConditions(is_last=True), 11.1).level == ResponseLevel.ASK


def test_where_nobody_can_be_asked_the_task_ends():
    response = fails(response_after_begin(ask_timeout=0.0), Verdict.FAIL, 10.1, 11.1)
    reaction = response.react(TaskConditions(is_last=True), 11.1)
    assert (reaction.level, reaction.code) == (ResponseLevel.STOP, ResultCode.FAILED)


def test_a_detector_that_cannot_tell_holds_and_then_asks():
    response = fails(response_after_begin(), Verdict.UNKNOWN, 10.0, 12.8)
    assert response.react(TaskConditions(), 12.8).level == ResponseLevel.HOLD
    response = fails(response, Verdict.UNKNOWN, 13.0, 13.0)
    assert response.react(TaskConditions(), 13.0).level == ResponseLevel.ASK


@pytest.mark.parametrize('stamp', [9.9, math.nan])
def test_a_verdict_on_the_last_attempt_does_not_count(stamp):
    response = response_after_begin()
    response.on_failure(Verdict.FAIL, 'late', stamp, 10.1)
    assert response.react(TaskConditions(), 10.2).level == ResponseLevel.OK
    response.on_alignment(False, 'late', stamp, 10.1)
    assert response.react(TaskConditions(), 10.2).level == ResponseLevel.OK


def test_a_new_attempt_forgets_the_last():
    response = fails(response_after_begin(), Verdict.FAIL, 10.1, 12.0)
    response.begin(12.0)
    assert response.react(TaskConditions(), 12.1).level == ResponseLevel.OK


def test_a_verdict_that_is_old_does_not_count():
    response = fails(response_after_begin(), Verdict.FAIL, 10.1, 11.0)
    assert response.react(TaskConditions(), 11.0 + P.fresh + 0.1).level == ResponseLevel.OK


def test_no_good_candidate_holds_and_then_backs_off():
    response = response_after_begin()
    for tick in range(11):
        now = 10.1 + 0.2 * tick
        response.on_alignment(False, 'grasp the red cube', now, now)
        lasted, rung = now - 10.1 + 1e-9, response.react(TaskConditions(), now).level
        rungs = (lasted >= P.doubt_grace, lasted >= P.doubt_patience)
        assert rung == (ResponseLevel.OK, ResponseLevel.HOLD, ResponseLevel.BACK_OFF)[sum(rungs)]
    response.on_alignment(True, 'grasp', 12.3, 12.3)
    assert response.react(TaskConditions(), 12.3).level == ResponseLevel.OK


def test_no_good_candidate_names_the_plan_step():
    response = response_after_begin()
    for now in (10.1, 10.3, 10.5, 10.7):
        response.on_alignment(False, 'grasp the red cube', now, now)
    assert 'grasp the red cube' in response.react(TaskConditions(), 10.7).reason


def test_a_lost_node_holds_then_asks_and_is_forgotten_when_it_is_back():
    response = response_after_begin()
    facts = TaskConditions(health='policy has been silent for 0.6 s')
    assert response.react(facts, 10.0).level == ResponseLevel.HOLD
    assert response.react(facts, 10.0 + P.lost_patience - 0.1).level == ResponseLevel.HOLD
    reaction = response.react(facts, 10.0 + P.lost_patience)
    assert (reaction.level, reaction.may_pass) == (ResponseLevel.ASK, True)
    assert 'policy' in reaction.reason
    assert response.react(TaskConditions(), 21.0).level == ResponseLevel.OK
    assert response.react(facts, 22.0).level == ResponseLevel.HOLD


def test_a_shield_that_keeps_holding_ends_the_attempt_with_its_reason():
    assert (
        response_after_begin().react(TaskConditions(held=4.9, held_reason='clearance'), 15.0).level
        == ResponseLevel.OK
    )
    reaction = response_after_begin().react(
        TaskConditions(held=5.0, held_reason='clearance'), 15.0
    )
    assert reaction.level == ResponseLevel.BACK_OFF
    assert 'clearance' in reaction.reason


def test_a_shield_that_holds_without_a_reason_is_reported():
    assert 'no reason' in response_after_begin().react(TaskConditions(held=5.0), 15.0).reason


def test_a_held_planned_move_asks_instead_of_backing_off():
    assert (
        response_after_begin().react(TaskConditions(held=5.0, is_attempt=False), 15.0).level
        == ResponseLevel.ASK
    )


def test_verdicts_do_not_count_on_a_planned_move():
    response = fails(response_after_begin(), Verdict.FAIL, 10.1, 11.1)
    assert response.react(TaskConditions(is_attempt=False), 11.1).level == ResponseLevel.OK


def test_an_overdue_attempt_is_a_timeout():
    reaction = response_after_begin().react(
        TaskConditions(overdue='not done after 1 x 40 s'), 50.0
    )
    assert (reaction.level, reaction.code) == (ResponseLevel.BACK_OFF, ResultCode.TIMEOUT)


def test_what_cannot_be_finished_is_asked_about():
    reaction = response_after_begin().react(
        TaskConditions(problem='the gripper does not open', is_attempt=False), 50.0
    )
    assert (reaction.level, reaction.reason) == (ResponseLevel.ASK, 'the gripper does not open')


def test_what_is_fatal_stops_whatever_else_is_wrong():
    response = fails(response_after_begin(), Verdict.SUSPECT, 10.1, 11.1)
    reaction = response.react(TaskConditions(fatal='the shield is latched', health='x'), 11.1)
    assert (reaction.level, reaction.reason) == (ResponseLevel.STOP, 'the shield is latched')


def test_the_highest_level_counts():
    response = fails(response_after_begin(), Verdict.SUSPECT, 10.1, 11.1)
    assert (
        response.react(TaskConditions(held=6.0, held_reason='clearance'), 11.1).level
        == ResponseLevel.BACK_OFF
    )
