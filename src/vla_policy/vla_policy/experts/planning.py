"""The announced plan step, computed from scene and memory by the scripted experts.

All candidates of an inference get the same step, so that each can be verified against it; a step
derived from a candidate's own motion would always agree with it.
"""

from __future__ import annotations

import numpy as np

from vla_core.records.plan_step import PlanStep, StepKind
from vla_core.records.scene import Verb
from vla_core.records.sensing import Observation
from vla_policy.experts.approach import Aim
from vla_policy.experts.grasping import OVER_BOX, OVER_THING
from vla_policy.experts.scripted import decide
from vla_policy.objects.memory import Recall
from vla_policy.objects.situation import ObjectState, situation, top

LOOSE = 0.010  # m, extra lateral tolerance within which a held object is lowered


def plan_step(observation: Observation, recall: Recall) -> str:
    """Return the plan step that the task needs now."""
    s = situation(observation, recall)
    return stated(s, decide(s))


def stated(s: ObjectState, aim: Aim) -> str:
    """Return the step of an aim; carrying becomes lowering above the destination."""
    if not (s.is_holding and s.target and s.destination and aim.step.startswith('carry')):
        return aim.step
    tolerance = OVER_BOX if s.verb == Verb.PUT_IN else OVER_THING
    miss = float(np.hypot(*(s.target.position[:2] - s.destination.position[:2])))
    is_above = s.target.position[2] > top(s.destination)
    if miss <= tolerance + LOOSE and is_above:
        return str(PlanStep(StepKind.LOWER, s.target.label, s.destination.label))
    return aim.step
