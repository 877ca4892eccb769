"""Everything outside the task that can forbid motion. Times: steady clock, s."""

from __future__ import annotations

from vla_supervisor.monitors.computer_monitor import ComputerMonitor, ComputerParams
from vla_supervisor.monitors.dead_man_switch import DeadManParams, DeadManSwitch
from vla_supervisor.monitors.estop import EStop, EStopParams
from vla_supervisor.monitors.heartbeats import HeartbeatParams, Heartbeats


class SystemMonitor:
    """The nodes, the operator's switches and the computer."""

    def __init__(
        self,
        heartbeats: HeartbeatParams,
        dead_man: DeadManParams,
        e_stop: EStopParams,
        computer: ComputerParams,
    ) -> None:
        self.heartbeats = Heartbeats(heartbeats)
        self.dead_man = DeadManSwitch(dead_man)
        self.e_stop = EStop(e_stop)
        self.computer = ComputerMonitor(computer)

    def health(self, steady: float) -> str:
        """Return which node or limit is at fault; empty when all is healthy."""
        return self.heartbeats.reason(steady) or self.computer.fault(steady)

    def inhibit(self, steady: float) -> str:
        """Return why the operator's switches do not permit motion; empty when they do."""
        return self.e_stop.inhibit(steady) or self.dead_man.inhibit(steady)
