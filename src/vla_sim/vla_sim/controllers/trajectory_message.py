"""Validation of a trajectory message, as joint_trajectory_controller (Jazzy) does it."""

from __future__ import annotations

import numpy as np

from vla_core.records.action import Trajectory
from vla_core.robot.controller import ControllerContract

END_SPEED = float(np.finfo(np.float32).eps)  # rad/s or m/s, a last velocity above it is refused


def fault(
    trajectory: Trajectory, names: tuple[str, ...], now: float, contract: ControllerContract
) -> str:
    """Why the controller of joints `names` refuses a trajectory at `now`; '' when it accepts it.

    Stricter than the controller in two points: it checks neither that numbers are finite nor that
    a joint is named once.
    """
    return (
        _name_fault(trajectory.names, names, contract.allow_partial_joints)
        or _size_fault(trajectory, contract.allow_nonzero_end_velocity)
        or _time_fault(trajectory, now)
    )


def _name_fault(given: tuple[str, ...], names: tuple[str, ...], allow_partial: bool) -> str:
    if len(set(given)) != len(given):
        return f'joint named twice in {list(given)}'
    unknown = [name for name in given if name not in names]
    if unknown:
        return f'unknown joints {unknown}; known: {list(names)}'
    if not given:
        return 'no joint names'
    missing = [name for name in names if name not in given]
    if missing and not allow_partial:
        return f'joints {missing} are missing; partial goals are not supported'
    return ''


def _size_fault(trajectory: Trajectory, allow_end_velocity: bool) -> str:
    count, width = len(trajectory.time_from_start), len(trajectory.names)
    if count == 0:
        return 'the trajectory is empty'
    if trajectory.position.shape != (count, width):
        return f'positions are {trajectory.position.shape}, not ({count}, {width})'
    if trajectory.velocity.size and trajectory.velocity.shape != (count, width):
        return f'velocities are {trajectory.velocity.shape}, not ({count}, {width})'
    numbers = (trajectory.time_from_start, trajectory.position, trajectory.velocity)
    if not (np.isfinite(trajectory.stamp) and all(np.isfinite(part).all() for part in numbers)):
        return 'a number is not finite'
    if allow_end_velocity or not trajectory.velocity.size:
        return ''
    if not np.all(np.abs(trajectory.velocity[-1]) <= END_SPEED):
        return 'the last velocity is not zero'
    return ''


def _time_fault(trajectory: Trajectory, now: float) -> str:
    times = trajectory.time_from_start
    if not np.all(np.diff(times) > 0.0):
        return 'time_from_start does not increase strictly'
    end = trajectory.stamp + times[-1]
    if trajectory.stamp != 0.0 and not end >= now:
        return f'the trajectory ended {now - end:.3f} s ago'
    return ''
