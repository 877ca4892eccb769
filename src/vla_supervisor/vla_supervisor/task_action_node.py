"""The executive's ROS interface to operators: action ExecuteTask, and the service that answers its
questions."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node

from vla_core.records.safety import FailureScore, ShieldReport
from vla_core.records.scene import GroundedScene
from vla_core.records.task import ResultCode
from vla_interfaces.action import ExecuteTask
from vla_interfaces.srv import Answer
