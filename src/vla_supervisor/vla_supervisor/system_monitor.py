"""Everything outside the task that may keep the robot from moving. Times: steady clock, s."""

from __future__ import annotations

from vla_supervisor.computer_monitor import ComputerMonitor, ComputerParams
from vla_supervisor.dead_man_switch import DeadManParams, DeadManSwitch
from vla_supervisor.estop import EStop, EStopParams
from vla_supervisor.heartbeats import HeartbeatParams, Heartbeats


class SystemMonitor:
    """The nodes, the switches in a person's hand, the computer."""

    def __init__(
        self,
        beats: HeartbeatParams,
        dead_man: DeadManParams,
        e_stop: EStopParams,
        host: ComputerParams,
    ) -> None:
        self.beats = Heartbeats(beats)
        self.dead_man = DeadManSwitch(dead_man)
        self.e_stop = EStop(e_stop)
        self.host = ComputerMonitor(host)

    def health(self, steady: float) -> str:
        """Why the stack is not well; empty when it is."""
        return self.beats.reason(steady) or self.host.reason(steady)

    def withheld(self, steady: float) -> str:
        """Why a person does not let it move; empty when they do."""
        return self.e_stop.silence(steady) or self.dead_man.reason(steady)
