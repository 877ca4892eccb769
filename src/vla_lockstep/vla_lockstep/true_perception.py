"""Stands in for perception: true objects with true roles, and a vote that never holds. For
comparison only; no node hosts it."""

from __future__ import annotations

from dataclasses import replace

from vla_core.records.safety import Level, SafetyVote
from vla_core.records.scene import GroundedScene, ParsedTask
from vla_core.records.sensing import JointState, RgbdFrame
from vla_core.records.task import Phase
from vla_perception.grounder import Grounder
from vla_sim.scenes.true_scene import true_scene
from vla_sim.world import SimWorld


class TruePerception:
    """Asks `grounder` for all but the objects, which are those of `world`."""

    def __init__(self, grounder: Grounder, world: SimWorld) -> None:
        self._grounder, self._world = grounder, world

    def set_task(self, task_id: str, instruction: str) -> ParsedTask:
        return self._grounder.set_task(task_id, instruction)

    def set_phase(self, phase: Phase) -> None:
        self._grounder.set_phase(phase)

    def update(self, frame: RgbdFrame, joints: JointState, now: float) -> GroundedScene:
        """The scene of this frame, with true objects."""
        seen = self._grounder.update(frame, joints, now)
        true = true_scene(self._world, seen.task_id)
        status = true.target_status if seen.task_id else seen.target_status
        return replace(seen, objects=true.objects, target_status=status, reason='', trouble='')

    def vote(self, now: float) -> SafetyVote:
        """RUN."""
        return replace(self._grounder.vote(now), level=Level.RUN, speed_scale=1.0, reasons=())
