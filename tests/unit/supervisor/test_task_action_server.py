"""Feedback is about its own task; an answer says which task it ended."""

from types import SimpleNamespace

import pytest

from vla_core.records.scene import GroundedScene, ParsedTask, TargetStatus
from vla_core.records.task import Phase
from vla_interfaces.srv import Answer
from vla_supervisor.execution.commands import OperatorAnswer
from vla_supervisor.task_action_server import TaskActionServer


def feedback_of(scene_task: str, read_as=''):
    server = object.__new__(TaskActionServer)
    status = SimpleNamespace(task_id='002', phase=Phase.GROUNDING, attempt=0)
    server.executive = SimpleNamespace(status=status)
    server.report = server.score = None
    server._read_as = read_as
    reason = 'no red cube'
    server.scene = GroundedScene(1.0, scene_task, ParsedTask(), (), TargetStatus.ABSENT, reason)
    return server._feedback()


def test_the_scene_of_the_task_is_told():
    message = feedback_of('002')
    assert (message.target_status, message.grounding) == (TargetStatus.ABSENT, 'no red cube')


def test_the_scene_of_the_task_before_is_not():
    message = feedback_of('001')
    assert (message.target_status, message.grounding) == (0, '')


def test_what_a_misspelled_instruction_was_read_as_is_told():
    assert feedback_of('001', 'read as “x”').grounding == ''
    assert feedback_of('002', 'read as “x”').grounding == 'read as “x”; no red cube'


class RunningTask:
    """An executive with one task; a stop ends it, CONTINUE does not."""

    def __init__(self, is_busy=True):
        self.is_busy, self.status = is_busy, SimpleNamespace(instruction='open the drawer')

    def answer(self, answer, now, instruction, seed):
        self.is_busy &= answer == OperatorAnswer.CONTINUE or instruction == 'press the button'
        return ''


def said_to(executive, answer, instruction=''):
    server = object.__new__(TaskActionServer)
    server.executive, server._now = executive, 0.0
    request = Answer.Request(answer=int(answer), instruction=instruction)
    return server.on_answer(request, Answer.Response()).message


@pytest.mark.parametrize(
    ('answer', 'instruction', 'text'),
    [
        (OperatorAnswer.INSTRUCTION, 'stop', 'stopped “open the drawer”'),
        (OperatorAnswer.STOP, '', 'stopped “open the drawer”'),
        (OperatorAnswer.INSTRUCTION, 'press the button', ''),
        (OperatorAnswer.CONTINUE, 'stop', ''),  # the instruction belongs to INSTRUCTION alone
    ],
)
def test_an_answer_says_which_task_it_ended(answer, instruction, text):
    assert said_to(RunningTask(), answer, instruction) == text


def test_a_stop_without_a_task_says_so():
    said = said_to(RunningTask(is_busy=False), OperatorAnswer.INSTRUCTION, 'stop')
    assert said == 'no task was running'
