"""The status of the task."""

from __future__ import annotations

from vla_core.records.task import TaskStatus
from vla_interfaces import msg
from vla_ros.convert.table import MessageTable, stamp

STATUS = MessageTable(TaskStatus, msg.TaskStatus, stamp=stamp(required=False))
