"""The feedback of a task speaks of that task alone."""

from types import SimpleNamespace

from vla_core.records.scene import GroundedScene, ParsedTask, TargetStatus
from vla_core.records.task import Phase
from vla_supervisor.task_action_server import TaskActionServer


def feedback_of(scene_task: str):
    server = object.__new__(TaskActionServer)
    status = SimpleNamespace(task_id='002', phase=Phase.GROUNDING, attempt=0)
    server.executive = SimpleNamespace(status=status)
    server.report = server.score = None
    reason = 'no red cube'
    server.scene = GroundedScene(1.0, scene_task, ParsedTask(), (), TargetStatus.ABSENT, reason)
    return server._feedback()


def test_the_scene_of_the_task_is_told():
    message = feedback_of('002')
    assert (message.target_status, message.grounding) == (TargetStatus.ABSENT, 'no red cube')


def test_the_scene_of_the_task_before_is_not():
    message = feedback_of('001')
    assert (message.target_status, message.grounding) == (0, '')
