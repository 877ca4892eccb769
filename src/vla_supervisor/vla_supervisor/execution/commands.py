"""What is requested of the executive, and what it requests of its host (the node, or lockstep)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum


@dataclass(frozen=True)
class TaskRequest:
    """An instruction that was accepted."""

    task_id: str
    instruction: str
    seed: int


@dataclass(frozen=True)
class StartResult:
    """A task that was started, or why it was refused; neither when the instruction was to stop."""

    task_id: str
    refusal: str = ''  # empty when it was started
    read_as: str = ''  # the instruction with slips of spelling put right, where there were any
    stopped: str = ''  # what a request to stop has ended, for people; empty for every other


class OperatorAnswer(IntEnum):
    """What an operator answers; STOP and INSTRUCTION at any time (values of Answer.srv)."""

    CONTINUE = 0  # try again
    STOP = 1  # end the task, hold position
    INSTRUCTION = 2  # run another instruction instead


class HostAction(Enum):
    """What the host has to do for the executive."""

    PUBLISH = 'publish'  # the task status, latched
    RING = 'ring'  # alert the operator: the status text is a question
    ARM = 'arm'  # request arming of the shield
    DISARM = 'disarm'
