"""Where a robot stands so that it reaches the work area, and its home pose there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vla_core import geometry
from vla_core.authoring.clearance import Clearance
from vla_core.authoring.reach import (
    AREA_X,
    AREA_Y,
    DownReach,
    WorkArea,
    covers_default,
    rectangles,
)
from vla_core.errors import UserError
from vla_core.robot.arm import JointConfig
from vla_core.robot.config import RobotConfig
from vla_core.robot.description.surface import surfaces
from vla_core.robot.description.urdf import describe
from vla_core.robot.obstacle import ObstacleConfig, PlacementConfig

LIFTS = (0.0, 0.05, 0.1, 0.15, 0.2)  # m, of the base above the table, tried in turn
ABOVE = 0.03  # m, from the home pose to the top of a workspace that is not the usual one
ENOUGH = 0.08  # m^2, an area of this size needs no pedestal
PEDESTAL = 0.1  # m, its sides
PLATE = 0.025  # m, below the base, left out of it: the shield keeps the first link away from it
MOST = 6  # areas that are tried, the largest first


def standing(robot: RobotConfig, notes: dict[str, str]) -> RobotConfig:
    """The robot mounted so that the lowest point of its fixed base stands on the table."""
    model = Clearance(robot).model.pin_model
    lowest = np.inf
    for link, triangles in surfaces(describe(robot), model, robot.urdf.pieces).items():
        frame = model.frames[model.getFrameId(link)]
        if frame.parentJoint == 0:
            points = geometry.transform(frame.placement.homogeneous, triangles.reshape(-1, 3))
            lowest = min(lowest, float(points[:, 2].min()))
    if not np.isfinite(lowest) or abs(lowest) < 0.002:
        return robot
    notes['mount'] = 'z: the lowest point of the base is on the table'
    return replace(robot, mount=PlacementConfig((0.0, 0.0, round(-lowest, 4))))


def placed(robot: RobotConfig, notes: dict[str, str]) -> RobotConfig:
    """The robot where it reaches the work area, with its home pose: on the table, or on a
    pedestal when its tool points down only below its base."""
    found: list[tuple[float, float, WorkArea]] = []  # m^2, m, area
    for lift in LIFTS:
        raised = _lifted(robot, lift)
        reach = DownReach(Clearance(raised))
        cells = reach.area(0.1, 0.75, 0.3)
        found_here = covers_default(cells, reach.step) and _with_home(
            raised, reach, WorkArea(AREA_X, AREA_Y), notes
        )
        if found_here:
            return found_here
        found += [(area.size, lift, area) for area in rectangles(cells, reach.step)]
        if max((size for size, _, _ in found), default=0.0) >= ENOUGH:
            break
    for _, lift, area in sorted(found, key=lambda item: -item[0])[:MOST]:
        moved = _shifted(_lifted(robot, lift), area, lift, notes)
        if moved is not None:
            return moved
    raise UserError(
        f'{robot.name}: the tool cannot point down at a part of the table worth working on: check '
        f'the tip frame and the limits of the joints'
    )


def _lifted(robot: RobotConfig, lift: float) -> RobotConfig:
    x, y, z = robot.mount.position
    return replace(robot, mount=PlacementConfig((x, y, round(z + lift, 4))))


def _shifted(
    robot: RobotConfig, area: WorkArea, lift: float, notes: dict[str, str]
) -> RobotConfig | None:
    """The robot moved so that the area that it reaches begins where the objects are."""
    shift = round(AREA_X[0] - area.x[0], 2)
    notes['mount'] = 'x: the part of the table that it reaches begins where the objects are'
    notes['workspace'] = 'what the tool reaches when it points down'
    edge = 0.5 * DownReach(Clearance(robot)).step
    lower = (round(area.x[0] + shift - edge, 3), round(area.y[0] - edge, 3), 0.0)
    upper = (round(area.x[1] + shift + edge, 3), round(area.y[1] + edge, 3), 1.0)
    arm = replace(robot.arm, workspace=(lower, upper))
    height = robot.mount.position[2]
    moved = replace(
        robot, mount=PlacementConfig((shift, 0.0, height)), arms=(arm, *robot.arms[1:])
    )
    if lift > 0.0:
        notes['mount'] += f'; it stands on a pedestal of {lift:.2f} m'
        side, tall = PEDESTAL, lift - PLATE
        box = ObstacleConfig('pedestal', 'box', (side, side, tall), (shift, 0.0, 0.5 * tall))
        moved = replace(moved, obstacles=(box,))
    here = WorkArea((area.x[0] + shift, area.x[1] + shift), area.y)
    return _with_home(moved, DownReach(Clearance(moved)), here, notes)


def _with_home(
    robot: RobotConfig, reach: DownReach, area: WorkArea, notes: dict[str, str]
) -> RobotConfig | None:
    """The robot with a home pose from which the corners of the area are reached, if any."""
    corners = [(x, y) for x in area.x for y in area.y]
    found = reach.home(float(np.mean(area.x)), corners)
    if found is None:
        return None
    notes['home'] = f'the tool points down, {found[1]:.2f} m above the middle of the work area'
    joints = tuple(
        replace(joint, home=_nearest_turn(joint, float(q)))
        for joint, q in zip(robot.arm.joints, found[0], strict=True)
    )
    arm = replace(robot.arm, joints=joints)
    if arm.workspace is not None:
        lower, upper = arm.workspace
        arm = replace(arm, workspace=(lower, (*upper[:2], round(found[1] + ABOVE, 3))))
    return replace(robot, arms=(arm, *robot.arms[1:]))


def _nearest_turn(joint: JointConfig, q: float) -> float:
    """rad, the same angle nearest to zero, when a joint may turn more than once."""
    if joint.upper - joint.lower > 2.0 * np.pi:
        q = float(np.arctan2(np.sin(q), np.cos(q)))
    return round(q, 6)
