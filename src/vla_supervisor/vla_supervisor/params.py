"""The terms of a task: how long things may take, what the host is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum

from vla_core.params import check, param
from vla_supervisor.grounding_filter import GroundingFilterParams
from vla_supervisor.response import ResponseParams
from vla_supervisor.shield_monitor import ShieldMonitorParams
from vla_supervisor.success_detector import SuccessParams


@dataclass(frozen=True)
class ExecutiveParams:
    """How long things may take and how often they are tried."""

    attempts: int = param(2, 'tries before giving up', lo=1, hi=10)
    attempt_timeout: float = param(40.0, 's, of one try', lo=1.0, hi=600.0)
    move_timeout: float = param(15.0, 's, of a planned move (home, retreat)', lo=1.0, hi=120.0)
    rollback_timeout: float = param(45.0, 's, of going back along the path', lo=1.0, hi=300.0)
    stuck_patience: float = param(
        2.0, 's, a planned move that says it is stuck is waited for', lo=0.0, hi=60.0
    )
    clear_height: float = param(0.12, 'm, a tool below it is lifted first', lo=0.02, hi=0.5)
    done_after: float = param(0.5, 's, judged done in a row before it is', lo=0.0, hi=10.0)
    linger: float = param(0.3, 's, between done and going home', lo=0.0, hi=10.0)
    ready_timeout: float = param(5.0, 's, to wait for control, shield, nodes', lo=0.1, hi=60.0)
    auto_arm: bool = param(True, 'arm the shield when a task starts')
    arm_every: float = param(0.2, 's, between two requests to arm', lo=0.02, hi=5.0)
    vote_ttl: float = param(0.3, 's', lo=0.05, hi=1.0)
    judge: SuccessParams = field(default_factory=SuccessParams)
    quorum: GroundingFilterParams = field(default_factory=GroundingFilterParams)
    stillness: ShieldMonitorParams = field(default_factory=ShieldMonitorParams)
    response: ResponseParams = field(default_factory=ResponseParams)

    def __post_init__(self) -> None:
        check(self)


class HostAction(Enum):
    """What the host has to do for the executive."""

    PUBLISH = 'publish'  # the status changed: send it, latched
    RING = 'ring'  # a person is asked: the text of the status is the question
    ARM = 'arm'  # call the shield
    DISARM = 'disarm'


@dataclass(frozen=True)
class StartResult:
    """A task that began, or why it did not."""

    task_id: str
    refusal: str = ''  # empty when it began


class OperatorAnswer(IntEnum):
    """What a person says to a question, or at any time (values are those of Answer.srv)."""

    CONTINUE = 0  # try again
    STOP = 1  # end the task, stand still
    INSTRUCTION = 2  # do this instead
