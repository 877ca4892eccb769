"""A table with a target, a box and a person's hand, as records."""

import numpy as np

from vla_core import geometry
from vla_core.records.action import EE_NAMES, ActionChunk, Space
from vla_core.records.scene import (
    GroundedObject,
    GroundedScene,
    ParsedTask,
    Role,
    TargetStatus,
    Verb,
)
from vla_core.records.sensing import JointState
from vla_core.records.task import Phase, TaskStatus
from vla_core.robot.config import load_robot
from vla_core.robot.model import RobotModel
from vla_monitor.rules.measures.inputs import RuleInputs
from vla_monitor.rules.measures.tool_path import path_of

ROBOT = load_robot('ur5e')
MODEL = RobotModel(ROBOT)
HOME = MODEL.fk(ROBOT.home)


def thing(key, label, role, at, size=(0.04, 0.04, 0.04), held=False):
    colour, shape = label.split()
    return GroundedObject(
        key, label, colour, shape, role, 0.9, np.array(at), 0.0, np.array(size), 0.001,
        is_held=held,
    )  # fmt: skip


def cube(at=(0.5, 0.1, 0.02), **more):
    return thing(1, 'red cube', Role.TARGET, at, **more)


def box(at=(0.5, -0.15, 0.028)):
    return thing(2, 'blue box', Role.DESTINATION, at, (0.14, 0.14, 0.056))


def hand(at):
    return thing(3, 'a person', Role.HUMAN, at, (0.1, 0.1, 0.1))


def scene(*objects, stamp=10.0, status=TargetStatus.PRESENT, verb=Verb.PUT_IN):
    return GroundedScene(stamp, 'task', ParsedTask(verb), objects, status)


def rows(*points, opening=0.08):
    """A chunk of poses, tool down, through points (x y z) or (x y z opening)."""
    values = []
    for point in points:
        turn = geometry.log_rotation(np.diag([1.0, -1.0, -1.0]))
        values.append([*point[:3], *turn, point[3] if len(point) > 3 else opening])
    return np.array(values)


def chunk(values, stamp=10.0, task='task', space=Space.EE_POSE):
    return ActionChunk(stamp, task, 'test', 1, space, EE_NAMES, stamp, 0.1, values)


def situation(objects, values=None, tool=(0.5, 0.1, 0.2), opening=0.08, **more):
    pose = geometry.tool_down(tool)
    path = path_of(chunk(values), pose, MODEL) if values is not None else None
    given = {'running': True, 'scene': scene(*objects), 'scene_age': 0.1, 'base_from_tcp': pose,
             'tool_speed': 0.0, 'opening': opening, 'path': path}  # fmt: skip
    return RuleInputs(**{**given, **more})


def joints(stamp=10.0, velocity=0.0, width=0.08):
    names = (*ROBOT.joint_names, ROBOT.gripper.joint)
    n = len(ROBOT.home)
    return JointState(
        stamp, names, np.r_[ROBOT.home, width / 2], np.r_[np.full(n, velocity), 0.0]
    )  # fmt: skip


def status(phase=Phase.RUNNING, task='task'):
    return TaskStatus(10.0, task, 'put the red cube in the blue box', phase, 1)
