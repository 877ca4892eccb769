"""A table with a cube, a box and a block beside them, and chunks over it."""

import numpy as np

from vla_core.geometry import pose_error, tool_down
from vla_core.records.action import EE_NAMES, ActionChunk, Space
from vla_core.records.scene import (
    GroundedObject,
    GroundedScene,
    ParsedTask,
    Phrase,
    Role,
    TargetStatus,
    Verb,
)
from vla_core.records.sensing import JointState
from vla_core.records.task import Phase, TaskStatus
from vla_core.robot.config import load_robot
from vla_core.robot.description.urdf import finger_joints
from vla_core.robot.model import RobotModel
from vla_monitor.steering.params import VerifierParams
from vla_monitor.steering.path import solve
from vla_monitor.steering.verifier import Verifier
from vla_shield.params import ShieldParams

ROBOT = load_robot('ur5e')
MODEL = RobotModel(ROBOT)
TASK = 'task-1'
CUBE, BOX, BLOCK = (0.45, 0.10), (0.45, -0.15), (0.35, 0.15)
OPEN, STEP, ROWS = 0.08, 0.1, 16


def perceived_object(k, label, at, size, role):
    colour, shape = label.split()
    position = np.array([*at, size[2] / 2])
    return GroundedObject(k, label, colour, shape, role, 1.0, position, 0.0, np.array(size), 0.002)


def scene(verb=Verb.PUT_IN, side='', held_at=None, stamp=1.0):
    cube = perceived_object(1, 'red cube', CUBE, (0.04, 0.04, 0.04), Role.TARGET)
    if held_at is not None:
        cube = GroundedObject(**{**vars(cube), 'position': np.array(held_at), 'is_held': True})
    box = perceived_object(2, 'blue box', BOX, (0.14, 0.14, 0.06), Role.DESTINATION)
    block = perceived_object(3, 'green cube', BLOCK, (0.04, 0.04, 0.04), Role.OTHER)
    task = ParsedTask(verb, Phrase('the red cube'), Phrase('the blue box'), side)
    return GroundedScene(stamp, TASK, task, (cube, box, block), TargetStatus.PRESENT)


def joints_at(xyz, yaw=0.0):
    """(n,) rad with the tool at xyz m, pointing down."""
    q = ROBOT.home
    start, goal = MODEL.fk(q), tool_down(xyz, yaw)
    for s in np.linspace(0.1, 1.0, 10):
        way = goal.copy()
        way[:3, 3] = start[:3, 3] + s * (goal[:3, 3] - start[:3, 3])
        q = solve(MODEL, q[None], way[None])[0][0]
    return q


def joint_state(q, opening=OPEN, stamp=1.0):
    names = (*ROBOT.joint_names, *finger_joints(ROBOT, ROBOT.gripper))
    position = np.r_[q, opening / 2, opening / 2]
    return JointState(stamp, names, position, np.zeros(len(names)))


def chunk(q, points, openings=(OPEN, OPEN), step='reach the red cube', seq=1, candidate=0):
    """Return a tool path through `points` (m, 3), evenly; the opening changes at half."""
    start = MODEL.fk(q)
    t = np.linspace(0.0, 1.0, ROWS)
    knots = np.linspace(0.0, 1.0, len(points))
    way = np.column_stack([np.interp(t, knots, column) for column in np.array(points).T])
    values = np.zeros((ROWS, 7))
    for k, point in enumerate(way):
        values[k, :6] = pose_error(start, tool_down(point, 0.0))
    values[:, 6] = np.where(t < 0.5, *openings)
    return ActionChunk(
        1.0, TASK, 'test', seq, Space.EE_DELTA, EE_NAMES, 1.0, STEP, values,
        plan_step=step, candidate=candidate,
    )  # fmt: skip


def verifier(q, now_scene=None, opening=OPEN, clock=lambda: 0.0, **params):
    made = Verifier(VerifierParams(**params), ROBOT, ShieldParams(), clock)
    made.observe('status', TaskStatus(0.5, TASK, 'put it in', Phase.RUNNING, 1), 0.5)
    made.observe('joint_states', joint_state(q, opening), 1.0)
    made.observe('scene', now_scene or scene(), 1.0)
    return made
