"""F17: an obstacle appears ahead of the gripper."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from vla_bench.faults.bounds import ReactionBounds
from vla_bench.faults.rig import CYCLE, NAN, FaultRig
from vla_bench.faults.sensors import gripper_opening
from vla_core.frozen import Array
from vla_core.records.safety import Decision, ShieldReport
from vla_core.records.scene import GroundedObject, GroundedScene, Role
from vla_core.records.sensing import JointState
from vla_core.result import Figure
from vla_core.robot.model import RobotModel
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.params import ShieldParams

SCENE_PERIOD = 0.02  # s between two published scenes with the obstacle
AHEAD = 0.05  # m from the gripper to the obstacle
HALF_EDGE = 0.06  # m, of the obstacle: open fingers do not fit around it
CONTACT = ShieldParams().gripper_clearance  # m, clearance at which no further step is permitted
REACH, TOLERANCE = (
    0.3,
    1e-3,
)  # m, largest distance at which the obstacle is placed, and its accuracy
FAST = 0.15  # m/s, of the tip, awaited before the obstacle appears
MOVES = 0.03  # m/s, of the tip, below which nothing is shown
OBSTACLE_ID = 60_000


def f17(rig: FaultRig, bounds: ReactionBounds) -> Iterator[Figure]:
    """An obstacle 5 cm ahead of the gripper, and one so near that it must brake at once."""
    model, observer = RobotModel(rig.robot), rig.observer
    body, names = CollisionModel(ShieldParams(), rig.robot), rig.robot.joint_names
    for text, ahead in (('5 cm', AHEAD), ('too near to pass', CONTACT)):
        rig.await_moving()
        rig.graph.client.wait(lambda: tip_speed(rig, model) >= FAST, 5.0)
        joints, scene = observer.last('joints'), observer.last('scene')
        if joints is None or scene is None or not tip_speed(rig, model) >= MOVES:
            yield Figure('F17 obstacle ahead: the tip does not move', NAN, '', '== 0')
            return
        tip, velocity = tip_of(rig, model, joints.record)
        speed = float(np.linalg.norm(velocity))
        direction = velocity / speed
        body.set_width(gripper_opening(joints, rig.robot.gripper.joint))
        q, _ = joints.record.select(names)
        found = obstacle(tip + distance_to(body, q, tip, direction, ahead) * direction)
        began = time.monotonic()
        seconds = appear(rig, scene.record, found)
        name = f'F17 obstacle {text} ahead at {speed:.2f} m/s'
        if ahead == CONTACT:
            yield bounds.figure(f'{name}: motion changed', seconds, 2 * CYCLE)
            continue
        positions = [h.record.select(names)[0] for h in observer.since('joints', began)]
        nearest = min((clearance(body, q, found.position) for q in positions), default=NAN)
        yield Figure(f'{name}: least distance of the gripper', 1e3 * nearest, 'mm', '> 0')


def distance_to(
    body: CollisionModel, q: Array, tip: Array, direction: Array, least: float
) -> float:
    """Distance in m along `direction` (3,) from the tip to the centre of an obstacle whose
    clearance to the gripper is `least` m, with the arm at `q` (n,) rad."""
    near, far = 0.0, REACH
    while far - near > TOLERANCE:
        middle = 0.5 * (near + far)
        is_clear = clearance(body, q, tip + middle * direction) >= least
        near, far = (near, middle) if is_clear else (middle, far)
    return far


def clearance(body: CollisionModel, q: Array, position: Array) -> float:
    """Clearance in m of the gripper, with the arm at `q` (n,) rad, to an obstacle there."""
    slot, place = body.slots[0], np.eye(4)
    place[:3, 3] = position
    body.set_box(slot, np.full(3, 2.0 * HALF_EDGE), place)
    pairs = np.flatnonzero((body.second == slot) & np.isin(body.first, body.gripper))
    return float(body.distances(q, pairs).min())


def appear(rig: FaultRig, scene: GroundedScene, found: GroundedObject) -> float:
    """Publish scenes with the obstacle for 1 s; return the time in s from the first of them to the
    cycle that is changed or held because of it, by their stamps; NaN without one."""
    observer, began, first = rig.observer, time.monotonic(), rig.observer.ros_now
    while time.monotonic() - began < 1.0:
        own = replace(scene, stamp=observer.ros_now, objects=(*scene.objects, found))
        observer.publish_scene(own)
        time.sleep(SCENE_PERIOD)
    cycles = [h.record for h in observer.since('report', began)]
    return next((c.stamp - first for c in cycles if c.stamp > first and is_reaction(c)), NAN)


def is_reaction(report: ShieldReport) -> bool:
    """True when this cycle was changed for an object, or held by a rule about one."""
    is_object = any('object' in rule or rule == 'vote:rules' for rule in report.rules)
    return report.decision != Decision.PASS and is_object


def obstacle(position: Array) -> GroundedObject:
    size = np.full(3, 2.0 * HALF_EDGE)
    return GroundedObject(
        OBSTACLE_ID, 'obstacle', 'black', 'cube', Role.OBSTACLE, 0.0, position, 0.0, size, 0.0
    )


def tip_of(rig: FaultRig, model: RobotModel, joints: JointState) -> tuple[Array, Array]:
    """Position (3,) m and velocity (3,) m/s of the tip."""
    q, v = joints.select(rig.robot.joint_names)
    return model.fk(q)[:3, 3], (model.jacobian(q) @ v)[:3]


def tip_speed(rig: FaultRig, model: RobotModel) -> float:
    """Speed in m/s of the tip while the policy moves it, else 0."""
    last = rig.observer.last('joints')
    if last is None or not rig.is_moving():
        return 0.0
    return float(np.linalg.norm(tip_of(rig, model, last.record)[1]))
