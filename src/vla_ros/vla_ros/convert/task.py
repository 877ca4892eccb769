"""The status of the task."""

from __future__ import annotations

from vla_core.records.task import Phase, ResultCode, TaskStatus
from vla_interfaces import msg
from vla_ros.convert.fields import header, member, seconds


def status_to_msg(record: TaskStatus) -> msg.TaskStatus:
    return msg.TaskStatus(
        header=header(record.stamp, ''),
        task_id=record.task_id,
        instruction=record.instruction,
        phase=int(record.phase),
        attempt=int(record.attempt),
        seed=int(record.seed),
        code=int(record.code),
        text=record.text,
    )


def status_from_msg(message: msg.TaskStatus) -> TaskStatus:
    return TaskStatus(
        stamp=seconds(message.header.stamp),
        task_id=message.task_id,
        instruction=message.instruction,
        phase=member(Phase, message.phase, 'phase'),
        attempt=message.attempt,
        seed=message.seed,
        code=member(ResultCode, message.code, 'code'),
        text=message.text,
    )
