"""Task status: phase and result of an instruction."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

MAX_INSTRUCTION = 300  # characters; a longer instruction is refused


class Phase(IntEnum):
    """Phase of a task, which every node follows (values of TaskStatus.msg)."""

    IDLE = 0  # no task: control holds
    GROUNDING = 1  # perception grounds the instruction; nothing moves
    RUNNING = 2  # the policy acts
    HOMING = 3  # control moves to the home pose (planned, jerk-limited)
    RETREAT = 4  # control lifts the tool up and away before a retry
    DONE = 5
    FAILED = 6
    ROLLBACK = 7  # control retraces the executed path to the last state without contact
    ASKING = 8  # waiting for a person's answer; nothing moves


class ResultCode(IntEnum):
    """Why a task ended (values of ExecuteTask.action)."""

    SUCCEEDED = 0
    REFUSED_ABSENT = 1  # the target is not in the scene
    REFUSED_AMBIGUOUS = 2  # several objects match the instruction
    REFUSED_INSTRUCTION = 3  # the instruction cannot be parsed
    TIMEOUT = 4
    STOPPED = 5  # shield latched or disarmed
    CANCELLED = 6
    FAILED = 7  # all attempts failed
    NOT_READY = 8  # nodes are missing or not healthy
    SWITCHED = 9  # preempted by another instruction


@dataclass(frozen=True)
class TaskStatus:
    """The current task; published latched by the supervisor."""

    stamp: float  # s, ROS time
    task_id: str  # '' when there is none
    instruction: str
    phase: Phase
    attempt: int = 0  # 1 for the first
    seed: int = 0  # for policies that sample
    code: ResultCode = ResultCode.SUCCEEDED  # meaningful in DONE and FAILED
    text: str = ''  # for people
