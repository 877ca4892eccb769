"""`./vla bench wire`: time to read and write the messages sent at 100 Hz, as bytes and by rclpy.

The bound is a ratio between the two, measured in turn. The control (`control.py`) compares rclpy's
messages with themselves.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from vla_core.arguments import integer
from vla_core.records.action import Source, Target, Trajectory
from vla_core.records.safety import ArmState, Decision, ShieldReport
from vla_core.records.sensing import JointState
from vla_core.result import Figure, Result
from vla_core.robot.config import RobotConfig, load_robot
from vla_lockstep.campaign import command_line
from vla_report.terminal import Screen
from vla_ros import topics
from vla_ros.serialize import from_bytes, to_bytes
from vla_ros.topics import Topic

NOW = 1_795_000_000.25  # s, ROS time of the records
POINTS = 13  # of a command with its stop ramp
CALLS = 50  # timed together
BOUND = '<= 0.5'  # of rclpy's time
Call = Callable[[], Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('--robot', default='ur5e', help='name in config/robots (default %(default)s)')
    add(
        '--rounds',
        type=integer(1, 1_000_000),
        default=200,
        help='of 50 calls each (default %(default)s)',
    )
    add('--out', type=Path, default=Path('out/bench-wire'), help='folder (default %(default)s)')


def run(args: argparse.Namespace) -> int:
    figures: list[Figure] = []
    with Screen() as screen:
        for what, (usual, quick) in pairs(load_robot(args.robot)).items():
            figures += compared(what, usual, quick, args.rounds)
        result = Result('bench-wire', command_line(), tuple(figures))
        result.write(args.out)
    screen.table(result)
    return 0 if result.ok else 1


def pairs(robot: RobotConfig) -> dict[str, tuple[Call, Call]]:
    """By operation: the call with rclpy's messages and the call with bytes."""
    names = robot.joint_names
    q = np.linspace(-1.0, 1.0, len(names))
    joints = JointState(NOW, (*names, robot.gripper.joint), np.append(q, 0.04), np.append(q, 0.0))
    target = Target(NOW, 'task', names, q, -q, 0.04, Source.POLICY, 7, NOW)
    rows, times = np.tile(q, (POINTS, 1)), 0.01 * np.arange(1.0, POINTS + 1)
    command = Trajectory(NOW, names, times, rows, -rows)
    ages = dict.fromkeys(('joints', 'target', 'scene', 'vote:rules', 'vote:failure'), 0.01)
    report = ShieldReport(NOW, 7, ArmState.ARMED, Decision.PASS, '', ages=ages)
    return {
        'joint states, read': reading(topics.JOINT_STATES, joints),
        'target, read': reading(topics.TARGET, target),
        'report, read': reading(topics.REPORT, report),
        'report, written': writing(topics.REPORT, report),
        'command, written': writing(topics.ARM_COMMAND, command),
    }


def reading(topic: Topic, record: Any) -> tuple[Call, Call]:
    usual = replace(topic, from_bytes=None, to_bytes=None)
    data = to_bytes(usual, record)
    return lambda: from_bytes(usual, data), lambda: from_bytes(topic, data)


def writing(topic: Topic, record: Any) -> tuple[Call, Call]:
    usual = replace(topic, to_bytes=None)
    return lambda: to_bytes(usual, record), lambda: to_bytes(topic, record)


def compared(what: str, usual: Call, quick: Call, rounds: int) -> list[Figure]:
    """Both timed in turn, so that a drift of the machine's speed affects both."""
    times = np.array([[timed(call) for call in (usual, quick)] for _ in range(rounds)])  # us
    by_rclpy, as_bytes = np.median(times, axis=0)
    ratio = float(np.median(times[:, 1] / times[:, 0]))
    return [
        Figure(f'{what}, by rclpy', float(by_rclpy), 'us', n=rounds),
        Figure(f'{what}, as bytes', float(as_bytes), 'us', n=rounds),
        Figure(f'{what}, bytes against rclpy', ratio, 'times the time', BOUND, n=rounds),
    ]


def timed(call: Call) -> float:
    """Time of one call in us."""
    began = time.perf_counter()
    for _ in range(CALLS):
        call()
    return (time.perf_counter() - began) / CALLS * 1e6
