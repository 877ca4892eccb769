"""What a task depends on: the newest state of the other nodes and of the operator's switches."""

from __future__ import annotations

from dataclasses import replace

from vla_core.records.action import ControlState
from vla_supervisor.monitors.camera_monitor import CameraMonitor
from vla_supervisor.monitors.shield_monitor import ShieldMonitor
from vla_supervisor.params import ExecutiveParams


class TaskInputs:
    """Set by the executive, read by the phases."""

    def __init__(self, params: ExecutiveParams) -> None:
        self.health = ''  # why not every node is healthy; empty when all are
        self.inhibit = ''  # why the operator's switches do not permit motion; empty when they do
        self.arm_refusal = ''  # why the shield refused to arm
        self.control: ControlState | None = None  # newest
        self.shield = ShieldMonitor(params.shield)
        self.camera = CameraMonitor(params.response.fresh)

    def on_clock_jump(self, step: float) -> None:
        """Keep all durations when ROS time jumps by `step` s."""
        self.shield.on_clock_jump(step)
        self.camera.on_clock_jump(step)
        if self.control is not None:
            self.control = replace(self.control, stamp=self.control.stamp + step)

    def is_paused(self, now: float) -> bool:
        """True while the task cannot proceed for a reason outside of it: no time limit runs."""
        return bool(self.health or self.inhibit or self.camera.fault(now))
