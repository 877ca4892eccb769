"""A task from the person's words to its result: the one status that every node follows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Phase(IntEnum):
    """Where a task stands (values are those of TaskStatus.msg).

    Every node follows the latched status.
    """

    IDLE = 0  # no task: control holds
    GROUNDING = 1  # perception looks for what the words mean; nothing moves
    RUNNING = 2  # the policy acts
    HOMING = 3  # control moves to the home pose (planned, jerk-limited)
    RETREAT = 4  # control lifts the tool straight up and away, before a retry
    DONE = 5
    FAILED = 6
    ROLLBACK = 7  # control goes back along the executed path to the last state without contact
    ASKING = 8  # a person is asked; nothing moves


class ResultCode(IntEnum):
    """Why a task ended (values are those of ExecuteTask.action)."""

    SUCCEEDED = 0
    REFUSED_ABSENT = 1  # what the words name is not there
    REFUSED_AMBIGUOUS = 2  # more than one thing fits the words
    REFUSED_INSTRUCTION = 3  # the words are not understood
    TIMEOUT = 4
    STOPPED = 5  # shield latched, or disarmed
    CANCELLED = 6
    FAILED = 7  # tried, and tried again
    NOT_READY = 8  # nodes missing or not healthy
    SWITCHED = 9  # gave way to another instruction


@dataclass(frozen=True)
class TaskStatus:
    """The task now; published latched by the supervisor."""

    stamp: float  # s, ROS time
    task_id: str  # '' when there is none
    instruction: str
    phase: Phase
    attempt: int = 0  # 1 for the first try
    seed: int = 0  # for policies that sample
    code: ResultCode = ResultCode.SUCCEEDED  # meaningful in DONE and FAILED
    text: str = ''  # for people
