"""Joint states and wrench; images are in image.py, camera_info.py and rgbd.py."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from geometry_msgs.msg import WrenchStamped
from sensor_msgs.msg import JointState as JointStateMsg

from vla_core.frozen import Array
from vla_core.records.sensing import JointState
from vla_ros.convert.fields import floats, header, joined
from vla_ros.convert.table import TEXTS, UNCHECKED_ARRAY, Entry, MessageTable, stamp


def _velocity(values: Array, names: Sequence[str], _: str) -> Array:
    """Return the velocities; NaN where none is measured, as of many grippers.

    sensor_msgs leaves the array empty then, ros2_control fills it with NaN.
    """
    return np.array(values, np.float64) if len(values) else np.full(len(names), np.nan)


def _stamp_or_nan(sec: int, nanosec: int) -> float:
    return joined(sec, nanosec) if sec or nanosec else np.nan


JOINTS = MessageTable(  # not checked here: joints that are not the robot's may hold anything
    JointState, JointStateMsg,
    stamp=stamp(read=_stamp_or_nan),
    names=Entry(TEXTS.write, TEXTS.read, ('name',)),
    position=UNCHECKED_ARRAY,
    velocity=Entry(floats, _velocity, ('velocity',), also=('name',)),
)  # fmt: skip


def wrench_to_msg(wrench: Array, stamp: float, frame: str) -> WrenchStamped:
    """Return the (6,) N, N·m as a message."""
    message = WrenchStamped(header=header(stamp, frame))
    force, torque = message.wrench.force, message.wrench.torque
    force.x, force.y, force.z, torque.x, torque.y, torque.z = (float(v) for v in wrench)
    return message
