"""Which tasks an arm reaches, and why not the others."""

from __future__ import annotations

import numpy as np

from vla_core import geometry
from vla_core.errors import UserError
from vla_core.records.scene import Role, Verb
from vla_core.robot.config import RobotConfig
from vla_sim.scenes.episode import Episode
from vla_sim.scenes.furniture import DRAWER_TRAVEL, handle_offset
from vla_sim.scenes.scene_params import SceneParams, within_reach
from vla_sim.scenes.tasks import TASKS, sample_episode

ROOM = 0.008  # m, that the open gripper is wider than what it grasps
GRASPED = (Verb.PUT_IN, Verb.STACK)
MOST = 0.1  # share of the seeds without a reachable episode, above which a task is not reached


def reached_tasks(
    robot: RobotConfig, scene: SceneParams, first: int, count: int
) -> tuple[dict[str, list[int]], dict[str, str]]:
    """(seeds of each task that is reached, reason of each that is not); `count` seeds from
    `first` on, without those for which there is no episode in reach."""
    seeds: dict[str, list[int]] = {}
    reasons: dict[str, str] = {}
    for task in TASKS:
        found: list[int] = []
        why: list[str] = []
        while len(found) < count and len(why) <= MOST * count:
            seed = first + len(found) + len(why)
            reason = unreached(robot, scene, task, seed)
            (why.append(reason) if reason else found.append(seed))
        if len(found) == count:
            seeds[task] = found
        else:
            reasons[task] = why[-1]
    return seeds, reasons


def unreached(robot: RobotConfig, scene: SceneParams, task: str, seed: int) -> str:
    """Why an episode is out of reach; '' when it is not."""
    try:
        episode = sample_episode(task, seed, within_reach(scene, robot), {})
    except UserError as error:
        return f'its work area is too small: {error}'
    target = episode.by_role(Role.TARGET)
    assert target is not None
    if episode.verb in GRASPED:
        widest = float(min(target.size[:2])) + ROOM
        if widest > robot.gripper.open_width:
            return (
                f'the {target.label} is {target.size[0] * 100:.1f} cm wide, the gripper opens '
                f'{robot.gripper.open_width * 100:.1f} cm'
            )
    if episode.verb == Verb.PRESS and is_jaw(robot):
        return 'a jaw that turns is not below its tip frame when it is closed'
    return _outside(robot, episode)


def is_jaw(robot: RobotConfig) -> bool:
    """True when only one pad moves: the other is fixed to the link that carries the arm's tip."""
    from vla_core.robot.finger_path import FingerPath

    path = FingerPath(robot, robot.gripper)
    return bool(set(path.touching) - set(path.shapes))


def _outside(robot: RobotConfig, episode: Episode) -> str:
    """Why the handle of a drawer is outside the workspace of the tip."""
    box = robot.arm.workspace
    drawer = episode.by_role(Role.TARGET)
    if box is None or drawer is None or drawer.shape != 'drawer':
        return ''
    offset = handle_offset(drawer)
    for slide in (0.0, DRAWER_TRAVEL):
        local = (offset[0] - slide, *offset[1:])
        place = geometry.rotation_z(drawer.yaw) @ np.array(local) + drawer.position
        if not np.all((place[:2] >= box[0][:2]) & (place[:2] <= box[1][:2])):
            return (
                f'the handle of the drawer, at x {place[0]:.2f} y {place[1]:.2f}, is outside the '
                f'part of the table where its tool points down'
            )
    return ''
