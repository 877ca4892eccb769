"""A task from instruction to result, against a fake of everything around it."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from world import World, cube_and_box

from vla_core.records.action import ControlState
from vla_core.records.safety import ArmState, Decision, Level, ShieldReport
from vla_core.records.scene import ParsedTask, Phrase, TargetStatus, Verb
from vla_core.records.task import Phase, ResultCode
from vla_supervisor.execution.commands import HostAction
from vla_supervisor.execution.graded_response import ResponseParams
from vla_supervisor.params import ExecutiveParams


def running(**more):
    world = World(**more)
    world.start()
    return world.until(Phase.RUNNING)


def test_a_task_is_grounded_run_judged_and_taken_home():
    world = running()
    world.run(2.0)
    assert world.phase == Phase.RUNNING
    world.drop_in_box()
    world.until(Phase.DONE)
    assert world.status.code == ResultCode.SUCCEEDED
    assert 'done in' in world.status.text
    world.until(Phase.IDLE)
    order = [Phase.IDLE, Phase.GROUNDING, Phase.RUNNING, Phase.DONE]
    assert world.phases == [*order, Phase.RETREAT, Phase.HOMING, Phase.IDLE]


def test_the_result_is_there_as_soon_as_it_is_done():
    world = running()
    world.drop_in_box()
    world.until(Phase.DONE)
    assert not world.executive.is_busy


def test_every_phase_is_published():
    world = running()
    assert world.requests.count(HostAction.PUBLISH) >= len(world.phases)


def test_done_for_a_moment_is_not_done():
    world = running()
    world.drop_in_box()
    world.run(0.3)
    world.objects = cube_and_box()
    world.run(1.0)
    assert world.phase == Phase.RUNNING


def test_an_arm_that_is_not_home_goes_up_and_home_first():
    world = World(at_home=False)
    world.start()
    world.until(Phase.RUNNING)
    assert world.phases[1:5] == [Phase.GROUNDING, Phase.RETREAT, Phase.HOMING, Phase.GROUNDING]


def test_two_scenes_with_the_target_are_not_enough():
    world = World()
    world.start()
    world.run(0.2)
    assert world.phase == Phase.GROUNDING


@pytest.mark.parametrize(
    ('target', 'verb', 'code'),
    [
        (TargetStatus.ABSENT, Verb.PUT_IN, ResultCode.REFUSED_ABSENT),
        (TargetStatus.AMBIGUOUS, Verb.PUT_IN, ResultCode.REFUSED_AMBIGUOUS),
        (TargetStatus.UNKNOWN, Verb.UNKNOWN, ResultCode.REFUSED_INSTRUCTION),
    ],
)
def test_what_cannot_be_grounded_is_refused_with_the_reason_of_perception(target, verb, code):
    words = 'I see no red cube; there are a green cube and a blue box'
    world = World(target=target, task=ParsedTask(verb, Phrase('the red cube')), why=words)
    world.start()
    began = world.now
    world.until(Phase.FAILED)
    assert (world.status.code, world.status.text) == (code, words)
    assert 1.4 <= world.now - began <= 2.5
    world.run(3.0)
    assert world.phase == Phase.FAILED  # nothing moved, nothing to go home from


@pytest.mark.parametrize('target', [TargetStatus.ABSENT, TargetStatus.AMBIGUOUS])
def test_a_refusal_names_the_target_even_when_perception_gives_no_reason(target):
    world = World(target=target)
    world.start()
    world.until(Phase.FAILED)
    assert 'the red cube' in world.status.text


def test_a_target_that_comes_and_goes_is_refused_at_last():
    world = World()
    world.start()
    flicker = (TargetStatus.PRESENT, TargetStatus.ABSENT)
    for k in range(200):
        world.target = flicker[k // 2 % 2]
        world.run(0.1)
    assert world.phase == Phase.FAILED
    assert world.status.code == ResultCode.REFUSED_ABSENT


def test_without_scenes_the_task_is_not_ready():
    world = World(sees=False)
    world.start()
    world.until(Phase.FAILED)
    assert world.status.code == ResultCode.NOT_READY
    assert 'perception' in world.status.text


def test_scenes_of_another_task_do_not_count():
    world = World(sees=False)
    world.start()
    old = World()
    old.turn()
    world.run(1.0)
    assert world.phase == Phase.GROUNDING


def test_an_attempt_that_takes_too_long_is_retried_once():
    world = running()
    world.until(Phase.RETREAT, 45.0)
    assert world.status.attempt == 2
    world.until(Phase.RUNNING)
    assert Phase.HOMING not in world.phases
    world.drop_in_box()
    world.until(Phase.DONE)
    assert 'attempt 2' in world.status.text


def test_two_attempts_that_take_too_long_are_a_timeout_that_says_what_is_missing():
    world = running()
    world.until(Phase.FAILED)
    assert world.status.code == ResultCode.TIMEOUT
    assert 'the object is not in the box' in world.status.text
    world.until(Phase.IDLE)
    assert Phase.HOMING in world.phases


def test_a_target_lost_after_the_first_attempt_is_a_failure():
    world = running()
    world.until(Phase.RETREAT, 45.0)
    world.target = TargetStatus.ABSENT
    world.until(Phase.FAILED)
    assert world.status.code == ResultCode.FAILED
    assert 'lost' in world.status.text


@pytest.mark.parametrize('decision', [Decision.HOLD, Decision.BRAKE, Decision.REJECTED])
def test_a_shield_that_keeps_holding_ends_the_attempt_and_then_the_operator_is_asked(decision):
    world = running()
    world.decision = decision
    began = world.now
    world.until(Phase.RETREAT)
    assert 4.9 <= world.now - began <= 5.2
    assert world.status.attempt == 2
    assert 'clearance' in world.status.text
    world.until(Phase.ASKING, 10.0)
    assert 'clearance' in world.status.text
    assert HostAction.RING in world.requests


def test_where_nobody_can_be_asked_a_shield_that_keeps_holding_stops_the_task():
    world = running(params=ExecutiveParams(response=ResponseParams(ask_timeout=0.0)))
    world.decision = Decision.HOLD
    world.until(Phase.FAILED, 20.0)
    assert world.status.code == ResultCode.STOPPED
    assert 'clearance' in world.status.text


def test_a_shield_that_holds_for_a_moment_does_not_stop_the_task():
    world = running()
    for _ in range(3):
        world.decision = Decision.HOLD
        world.run(4.0)
        world.decision = Decision.CLIPPED
        world.run(0.1)
    assert world.phase == Phase.RUNNING


def test_a_latched_shield_stops_the_task_at_once():
    world = running()
    world.arm, world.decision = ArmState.LATCHED, Decision.BRAKE
    world.run(0.1)
    assert (world.phase, world.status.code) == (Phase.FAILED, ResultCode.STOPPED)
    assert 'latched' in world.status.text
    world.run(5.0)
    assert world.phase == Phase.FAILED  # it does not move on its own after a stop


def test_a_disarmed_shield_stops_the_task():
    world = running()
    world.run(2.0)
    world.arm = ArmState.DISARMED
    world.run(0.1)
    assert (world.phase, world.status.code) == (Phase.FAILED, ResultCode.STOPPED)


def test_a_silent_shield_stops_the_task():
    world = running()
    world.run(2.0)
    world.reports = False
    world.run(0.7)
    assert (world.phase, world.status.code) == (Phase.FAILED, ResultCode.STOPPED)
    assert 'no report' in world.status.text


def test_a_shield_that_does_not_arm_is_not_ready():
    world = World(arms=False)
    world.start()
    world.until(Phase.FAILED)
    assert world.status.code == ResultCode.NOT_READY
    assert 'disarmed' in world.status.text


def test_without_auto_arm_only_a_person_arms():
    world = World(params=ExecutiveParams(auto_arm=False))
    world.start()
    world.until(Phase.FAILED)
    assert HostAction.ARM not in world.requests
    assert world.status.code == ResultCode.NOT_READY


def test_unhealthy_nodes_hold_and_a_task_does_not_start():
    world = World()
    world.executive.on_health('no heartbeat from policy yet')
    vote = world.executive.vote(world.now)
    assert (vote.level, vote.speed_scale) == (Level.HOLD, 0.0)
    assert vote.reasons == ('no heartbeat from policy yet',)
    world.start()
    world.until(Phase.FAILED)
    assert world.status.code == ResultCode.NOT_READY
    assert 'policy' in world.status.text


def test_the_vote_is_run_while_all_are_healthy():
    world = running()
    vote = world.executive.vote(world.now)
    assert (vote.voter, vote.level, vote.speed_scale, vote.reasons) == (
        'supervisor',
        Level.RUN,
        1.0,
        (),
    )
    assert vote.task_id == world.status.task_id
    assert vote.stamp == world.now
    assert world.executive.vote(world.now).seq == vote.seq + 1


@pytest.mark.parametrize('after', [0.05, 1.0, 3.0])
def test_cancelling_holds_where_it_is(after):
    world = World()
    world.start()
    world.run(after)
    world.executive.cancel(world.now)
    world.run(3.0)
    assert (world.phase, world.status.code) == (Phase.FAILED, ResultCode.CANCELLED)
    assert not world.executive.is_busy


def test_an_abort_disarms_and_stops():
    world = running()
    world.executive.abort('the shield is lost', world.now)
    world.run(0.1)
    assert world.requests[-1] == HostAction.PUBLISH
    assert HostAction.DISARM in world.requests
    assert (world.status.code, world.status.text) == (ResultCode.STOPPED, 'the shield is lost')


def test_an_empty_instruction_is_refused():
    assert 'empty' in World().start('  ').refusal


def test_a_slip_of_spelling_is_put_right_for_every_node_and_told():
    world = World()
    started = world.start('put the red cueb in the blue box')

    assert started.read_as == world.status.instruction == 'put the red cube in the blue box'
    assert world.start('put the red cube in the blue box').task_id == started.task_id


def test_a_new_task_may_begin_on_the_way_home():
    world = running()
    world.drop_in_box()
    world.moves_done = False
    world.until(Phase.RETREAT)
    first = world.status.task_id
    world.at_home, world.moves_done = False, True
    started = world.executive.start('put the red cube in the blue box', 1, world.now)
    assert started.refusal == ''
    assert started.task_id != first
    world.until(Phase.RUNNING)


def test_a_move_that_never_arrives_ends_the_task():
    world = World(at_home=False, moves_done=False)
    world.start()
    world.until(Phase.FAILED)
    assert world.status.code == ResultCode.TIMEOUT
    assert 'RETREAT' in world.status.text


def test_a_stuck_way_home_does_not_change_the_result():
    world = running()
    world.drop_in_box()
    world.until(Phase.DONE)
    world.moves_done = False
    world.until(Phase.IDLE)
    assert world.status.code == ResultCode.SUCCEEDED
    assert 'done' in world.status.text


@pytest.mark.parametrize('step', [-3600.0, 3600.0])
@pytest.mark.parametrize('phase', [Phase.GROUNDING, Phase.RUNNING])
def test_a_task_goes_on_when_the_clock_is_set(step, phase):
    world = World(now=10_000.0)
    world.start()
    world.until(phase)
    late = world.now
    world.executive.on_clock_jump(step)
    world.now += step
    world.executive.on_report(ShieldReport(late, 0, world.arm, Decision.PASS, ''), world.now)
    world.executive.on_control_state(ControlState(late, False, False), world.now)
    world.run(0.1)
    assert world.phase not in (Phase.FAILED, Phase.DONE)
    world.until(Phase.RUNNING, 5.0)
    world.drop_in_box()
    world.until(Phase.DONE, 10.0)
    world.until(Phase.IDLE, 30.0)


@pytest.mark.parametrize('step', [-3600.0, 3600.0])
def test_time_limits_run_on_when_the_clock_is_set(step):
    world = World(now=10_000.0)
    world.start()
    world.until(Phase.RUNNING)
    world.run(world.params.attempt_timeout - 1.0)
    world.executive.on_clock_jump(step)
    world.now += step
    assert (world.phase, world.status.attempt) == (Phase.RUNNING, 1)
    world.run(2.0)
    assert world.status.attempt == 2
