"""Parameters of the task executive: time limits, attempts, and the parameters of its parts."""

from __future__ import annotations

from dataclasses import dataclass, field

from vla_core.params import check, param
from vla_supervisor.execution.graded_response import ResponseParams
from vla_supervisor.execution.grounding_filter import GroundingFilterParams
from vla_supervisor.execution.success_detector import SuccessParams
from vla_supervisor.monitors.shield_monitor import ShieldMonitorParams


@dataclass(frozen=True)
class ExecutiveParams:
    """Time limits and number of attempts."""

    attempts: int = param(2, 'attempts before the task fails', lo=1, hi=10)
    attempt_timeout: float = param(40.0, 's, of one attempt', lo=1.0, hi=600.0)
    move_timeout: float = param(15.0, 's, of a planned move (HOMING, RETREAT)', lo=1.0, hi=120.0)
    rollback_timeout: float = param(45.0, 's, of ROLLBACK', lo=1.0, hi=300.0)
    stuck_patience: float = param(
        2.0, 's, from a planned move reporting a problem to a reaction', lo=0.0, hi=60.0
    )
    clear_height: float = param(0.12, 'm, a tool below it is lifted first', lo=0.02, hi=0.5)
    done_after: float = param(0.5, 's, of success in a row before DONE', lo=0.0, hi=10.0)
    linger: float = param(0.3, 's, from DONE to the move home', lo=0.0, hi=10.0)
    ready_timeout: float = param(
        5.0, 's, to wait for control, the shield and the nodes', lo=0.1, hi=60.0
    )
    parses: bool = param(
        True, 'an instruction must be understood by the parser to end a running task'
    )
    auto_arm: bool = param(True, 'arm the shield when a task starts')
    arm_every: float = param(0.2, 's, between two requests to arm', lo=0.02, hi=5.0)
    vote_ttl: float = param(0.3, 's, time to live of a vote', lo=0.05, hi=1.0)
    success: SuccessParams = field(default_factory=SuccessParams)
    grounding: GroundingFilterParams = field(default_factory=GroundingFilterParams)
    shield: ShieldMonitorParams = field(default_factory=ShieldMonitorParams)
    response: ResponseParams = field(default_factory=ResponseParams)

    def __post_init__(self) -> None:
        check(self)
