"""Memory of an attempt: initial target position, depth of touch, slide of a handle."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vla_core.frozen import Array
from vla_core.records.scene import Role
from vla_core.records.sensing import Observation
from vla_policy.objects.drawer import slid, stroke_direction

TOUCH_RADIUS = 0.03  # m, lateral offset within which the tool is at the target
NEVER = 1.0  # m, value before the tool was at the target
SAME = 1e-3  # s, a smaller difference is the same observation
GAP = 1.0  # s, no speed is estimated over a longer interval


@dataclass(frozen=True)
class Recall:
    """The memory at one observation."""

    start: Array | None = None  # (3,) m, base frame, target when the attempt began
    top: float = 0.0  # m, its top at that time
    lowest: float = NEVER  # m, least height of the tcp above `top` while at the target
    opening: float = 0.08  # m, gripper at this observation
    direction: Array | None = None  # (2,) along which the task slides a handle; None: no handle
    slid: float = 0.0  # m, displacement of the handle by the gripper along it
    rate: float = 0.0  # m/s, of the gripper opening since the observation before
    stamp: float = -np.inf  # s


class Memory:
    """Updated once per observation; the same for the scripted and the learned policy."""

    def __init__(self) -> None:
        self.recall = Recall()

    def reset(self) -> None:
        """Clear the memory at the start of an attempt."""
        self.recall = Recall()

    def update(self, observation: Observation) -> Recall:
        """Update with one observation and return the memory at it."""
        recall = _remember_start(self.recall, observation)
        recall = _remember_hand(recall, observation)
        tcp = observation.base_from_tcp[:3, 3]
        self.recall = _remember_slide(_remember_touch(recall, tcp), tcp)
        return self.recall


def _remember_start(recall: Recall, observation: Observation) -> Recall:
    target = observation.scene.by_role(Role.TARGET)
    if recall.start is not None or target is None:
        return recall
    half = 0.0 if target.shape == 'button' else target.size[2] / 2  # placed by its top
    top = float(target.position[2] + half)
    return replace(
        recall, start=target.position, top=top, direction=stroke_direction(observation.scene)
    )


def _remember_hand(recall: Recall, observation: Observation) -> Recall:
    elapsed = observation.stamp - recall.stamp
    if elapsed < SAME:
        return recall
    rate = (observation.gripper - recall.opening) / elapsed if elapsed <= GAP else 0.0
    return replace(recall, opening=observation.gripper, rate=float(rate), stamp=observation.stamp)


def _remember_touch(recall: Recall, tcp: Array) -> Recall:
    if recall.start is None or np.hypot(*(tcp[:2] - recall.start[:2])) > TOUCH_RADIUS:
        return recall
    return replace(recall, lowest=min(recall.lowest, float(tcp[2] - recall.top)))


def _remember_slide(recall: Recall, tcp: Array) -> Recall:
    if recall.start is None or recall.direction is None:
        return recall
    return replace(recall, slid=slid(tcp, recall.start, recall.direction, recall.slid))
