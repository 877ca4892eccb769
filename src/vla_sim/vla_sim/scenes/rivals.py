"""Scenes in which several tasks are possible: the sentence alone says which is meant."""

from __future__ import annotations

import dataclasses

from vla_core.records.scene import ParsedTask, Role, Verb
from vla_sim.scenes import instructions
from vla_sim.scenes.episode import SceneObject
from vla_sim.scenes.palette import Pair


def name_another(
    parsed: ParsedTask, things: tuple[SceneObject, ...], rivals: list[Pair]
) -> tuple[ParsedTask, tuple[SceneObject, ...]]:
    """The task and roles when the sentence names the first rival; of a drawer, the other verb."""
    if not rivals:
        verb = Verb.CLOSE if parsed.verb == Verb.OPEN else Verb.OPEN
        return dataclasses.replace(parsed, verb=verb), things
    new = rivals[0]
    roles = {
        (parsed.target.colour, parsed.target.shape): Role.OTHER,
        new: Role.TARGET,
    }
    swapped = tuple(
        dataclasses.replace(obj, role=roles.get((obj.colour, obj.shape), obj.role))
        for obj in things
    )
    return dataclasses.replace(parsed, target=instructions.phrase(*new)), swapped
