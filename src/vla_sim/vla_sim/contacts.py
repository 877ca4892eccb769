"""Contacts between bodies, by kind: robot with itself, the table, or an object."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np

from vla_sim.scenes.robot_body import ROBOT, TABLE
from vla_sim.scenes.scene_model import TABLE_GEOM


@dataclass(frozen=True)
class ContactPair:
    """Two bodies in contact."""

    first: str  # body name
    second: str
    # an arm with: itself 'self', another 'arms', the 'table', a static 'obstacle', an 'object';
    # without one 'scene'
    kind: str
    depth: float  # m, of penetration
    force: float  # N, normal


def contacts(model: mujoco.MjModel, data: mujoco.MjData, arm_of: np.ndarray) -> list[ContactPair]:
    """Return all contacts of this step; `arm_of` (bodies,) is the arm that moves a body, or -1."""
    found = []
    force = np.zeros(6)
    for k in range(data.ncon):
        contact = data.contact[k]
        if contact.dist > 0.0:
            continue
        geoms = (int(contact.geom1), int(contact.geom2))
        mujoco.mj_contactForce(model, data, k, force)
        first, second = (model.body(model.geom_bodyid[g]).name for g in geoms)
        found.append(
            ContactPair(
                first, second, _kind(model, geoms, arm_of), -float(contact.dist), float(force[0])
            )
        )
    return found


def _kind(model: mujoco.MjModel, geoms: tuple[int, int], arm_of: np.ndarray) -> str:
    types = {int(model.geom_contype[g]) for g in geoms}
    if ROBOT not in types:
        return 'scene'
    if types == {ROBOT}:
        first, second = (int(arm_of[model.geom_bodyid[g]]) for g in geoms)
        return 'self' if first == second or min(first, second) < 0 else 'arms'
    if TABLE not in types:
        return 'object'
    names = {model.geom(g).name for g in geoms}
    return 'table' if TABLE_GEOM in names else 'obstacle'


def tool_wrench(
    model: mujoco.MjModel, data: mujoco.MjData, bodies: frozenset[int], tip: int
) -> np.ndarray:
    """Return (6,) N, N m that contacts exert on the tool `bodies`, at `tip` in its axes."""
    total, raw = np.zeros(6), np.zeros(6)
    origin, axes = data.xpos[tip], data.xmat[tip].reshape(3, 3)
    for k in range(data.ncon):
        contact = data.contact[k]
        inside = [int(model.geom_bodyid[g]) in bodies for g in (contact.geom1, contact.geom2)]
        if inside[0] == inside[1]:
            continue
        mujoco.mj_contactForce(model, data, k, raw)
        frame = contact.frame.reshape(3, 3)  # rows: normal from geom1 to geom2, two tangents
        sign = 1.0 if inside[1] else -1.0
        force, torque = sign * raw[:3] @ frame, sign * raw[3:] @ frame
        total[:3] += force
        total[3:] += torque + np.cross(contact.pos - origin, force)
    return np.concatenate([total[:3] @ axes, total[3:] @ axes])
