"""Chunks, features, targets, trajectories and what control says of itself."""

from __future__ import annotations

from array import array

import numpy as np
from geometry_msgs.msg import Point
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from vla_core.frozen import Array
from vla_core.records.action import (
    EE_NAMES,
    ActionChunk,
    Contact,
    ControlState,
    Mode,
    PolicyFeatures,
    Source,
    Space,
    Target,
    Trajectory,
)
from vla_core.records.task import Phase
from vla_interfaces import msg
from vla_ros.convert.fields import (
    BadMessage,
    duration_msg,
    finite,
    floats,
    framed,
    header,
    member,
    number,
    seconds,
    stamp_of,
    time_msg,
    vector,
)

Chunks = tuple[ActionChunk, ...]


def chunk_to_msg(record: ActionChunk) -> msg.ActionChunk:
    return msg.ActionChunk(
        header=header(record.stamp),
        task_id=record.task_id,
        checkpoint=record.checkpoint,
        seq=int(record.seq),
        space=int(record.space),
        names=list(record.names),
        start=time_msg(record.start),
        step=float(record.step),
        horizon=int(record.horizon),
        values=floats(record.values),
        mode=int(record.mode),
        plan_step=record.plan_step,
        language_motion=record.language_motion,
        candidate=int(record.candidate),
        candidates=int(record.candidates),
    )


def chunk_from_msg(message: msg.ActionChunk) -> ActionChunk:
    framed(message)
    names, horizon = tuple(message.names), message.horizon
    if horizon == 0 or not names:
        raise BadMessage('the chunk is empty')
    if len(message.values) != horizon * len(names):
        raise BadMessage(f'{len(message.values)} values are not {horizon} x {len(names)}')
    space = member(Space, message.space, 'space')
    if space in (Space.EE_DELTA, Space.EE_POSE) and names != EE_NAMES:
        raise BadMessage(f'columns {names} are not {EE_NAMES}')
    return ActionChunk(
        stamp=stamp_of(message),
        task_id=message.task_id,
        checkpoint=message.checkpoint,
        seq=message.seq,
        space=space,
        names=names,
        start=seconds(message.start),
        step=number(message.step, 'step', lo=1e-4, hi=10.0),
        values=finite(np.array(message.values).reshape(horizon, len(names)), 'values'),
        mode=member(Mode, message.mode, 'mode'),
        plan_step=message.plan_step,
        language_motion=message.language_motion,
        candidate=message.candidate,
        candidates=message.candidates,
    )


def candidates_to_msg(record: Chunks) -> msg.ChunkCandidates:
    first = record[0]
    return msg.ChunkCandidates(
        header=header(first.stamp),
        task_id=first.task_id,
        plan=first.plan_step,
        chunks=[chunk_to_msg(chunk) for chunk in record],
    )


def candidates_from_msg(message: msg.ChunkCandidates) -> Chunks:
    if not message.chunks:
        raise BadMessage('no candidates')
    return tuple(chunk_from_msg(chunk) for chunk in message.chunks)


def features_to_msg(record: PolicyFeatures) -> msg.PolicyFeatures:
    return msg.PolicyFeatures(
        header=header(record.stamp),
        episode_id=record.episode_id,
        infer_index=int(record.infer_index),
        schema=record.schema,
        feature=array('f', np.asarray(record.feature, np.float32).tobytes()),
    )


def features_from_msg(message: msg.PolicyFeatures) -> PolicyFeatures:
    feature = finite(np.array(message.feature, dtype=np.float32), 'feature')
    stamp, episode = stamp_of(message), message.episode_id
    return PolicyFeatures(stamp, episode, message.infer_index, message.schema, feature)


def target_to_msg(record: Target) -> msg.Target:
    return msg.Target(
        header=header(record.stamp),
        task_id=record.task_id,
        names=list(record.names),
        position=floats(record.position),
        velocity=floats(record.velocity),
        gripper=float(record.gripper),
        source=int(record.source),
        chunk_seq=int(record.chunk_seq),
        chunk_stamp=time_msg(record.chunk_stamp),
    )


def target_from_msg(message: msg.Target) -> Target:
    """Numbers that are not finite are let through: the shield answers them by braking at once."""
    n = len(message.names)
    if len(message.position) != n or len(message.velocity) != n:
        raise BadMessage('position, velocity and names differ in length')
    return Target(
        stamp_of(message),
        message.task_id,
        tuple(message.names),
        np.array(message.position),
        np.array(message.velocity),
        message.gripper,
        member(Source, message.source, 'source'),
        message.chunk_seq,
        seconds(message.chunk_stamp),
    )


def trajectory_to_msg(record: Trajectory) -> JointTrajectory:
    n = len(record.names)
    position, velocity = floats(record.position), floats(record.velocity)
    return JointTrajectory(
        header=header(record.stamp, ''),
        joint_names=list(record.names),
        points=[
            JointTrajectoryPoint(
                positions=position[k * n : k * n + n],
                velocities=velocity[k * n : k * n + n],
                time_from_start=duration_msg(time),
            )
            for k, time in enumerate(record.time_from_start.tolist())
        ],
    )


def trajectory_from_msg(message: JointTrajectory) -> Trajectory:
    n = len(message.joint_names)
    if not message.points or not n:
        raise BadMessage('the trajectory is empty')
    times = np.array([seconds(point.time_from_start) for point in message.points])
    position = np.array([vector(p.positions, n, 'positions') for p in message.points])
    velocity = np.array([vector(p.velocities, n, 'velocities') for p in message.points])
    stamp, names = seconds(message.header.stamp), tuple(message.joint_names)
    return commanded(stamp, names, times, position, velocity)


def commanded(
    stamp: float, names: tuple[str, ...], times: Array, position: Array, velocity: Array
) -> Trajectory:
    """A trajectory of n `names` and k `times`, s; BadMessage when a number makes no sense."""
    if not names:
        raise BadMessage('the trajectory is empty')
    if not (times[0] > 0.0 and np.all(times[1:] > times[:-1])):
        raise BadMessage('time_from_start does not increase from above zero')
    finite(position, 'positions')
    finite(velocity, 'velocities')
    return Trajectory(stamp, names, times, position, velocity)


def control_state_to_msg(record: ControlState) -> msg.ControlState:
    x, y, z = record.tcp
    return msg.ControlState(
        header=header(record.stamp),
        moving=bool(record.moving),
        move_done=bool(record.move_done),
        at_home=bool(record.at_home),
        tcp=Point(x=float(x), y=float(y), z=float(z)),
        gripper=float(record.gripper),
        reason=record.reason,
        chunk_seq=int(record.chunk_seq),
        executed_steps=int(record.executed_steps),
        lateness=float(record.lateness),
        phase=int(record.phase),
        task_id=record.task_id,
        contact=int(record.contact),
        move_problem=record.move_problem,
    )


def control_state_from_msg(message: msg.ControlState) -> ControlState:
    tcp = finite(np.array([message.tcp.x, message.tcp.y, message.tcp.z]), 'tcp')
    return ControlState(
        stamp=stamp_of(message),
        moving=message.moving,
        move_done=message.move_done,
        at_home=message.at_home,
        tcp=(float(tcp[0]), float(tcp[1]), float(tcp[2])),
        gripper=number(message.gripper, 'gripper'),
        reason=message.reason,
        chunk_seq=message.chunk_seq,
        executed_steps=message.executed_steps,
        lateness=number(message.lateness, 'lateness'),
        phase=member(Phase, message.phase, 'phase'),
        task_id=message.task_id,
        contact=member(Contact, message.contact, 'contact'),
        move_problem=message.move_problem,
    )
