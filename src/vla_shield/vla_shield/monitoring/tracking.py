"""How the arms follow their commands: the steady offset and the tracking faults of each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig
from vla_shield.command.reference import Reference
from vla_shield.constraints.checker import ConstraintChecker
from vla_shield.constraints.collision_model import CollisionModel
from vla_shield.decision import CycleDecision
from vla_shield.inputs.robot_inputs import RobotInputs
from vla_shield.monitoring.tracking_faults import TrackingFaultDetector
from vla_shield.monitoring.tracking_offset import TrackingOffset
from vla_shield.params import ShieldParams


class Tracking:
    """The offset and the fault detector of each arm. A fault of one arm holds all: the others
    would move near an arm that is not where its command is."""

    def __init__(
        self,
        params: ShieldParams,
        robot: RobotConfig,
        checker: ConstraintChecker,
        model: CollisionModel,
    ) -> None:
        self._slices = model.tree.slices
        self._offsets = [
            TrackingOffset(params, arm.controller, len(arm.joints)) for arm in robot.arms
        ]
        self._detectors = [
            TrackingFaultDetector(
                params, checker, model, offset, arm, robot.arms[arm].controller.path_tolerance
            )
            for arm, offset in enumerate(self._offsets)
        ]

    def clear(self) -> None:
        """Start without a fault."""
        for detector in self._detectors:
            detector.clear()

    def reset(self) -> None:
        """Start without a fault and without an offset."""
        self.clear()
        for offset in self._offsets:
            offset.reset()

    def update(self, inputs: RobotInputs, commanded: Array) -> Array | None:
        """Offset (n,) rad of the arms from the `commanded` (n,) rad; None while it is small."""
        found = [
            offset.update(arm.q, commanded[part])
            for offset, arm, part in zip(self._offsets, inputs.arms, self._slices, strict=True)
        ]
        if all(offset is None for offset in found):
            return None
        whole = np.zeros(len(commanded))
        for offset, part in zip(found, self._slices, strict=True):
            whole[part] = 0.0 if offset is None else offset
        return whole

    def check(self, reference: Reference, inputs: RobotInputs) -> CycleDecision | None:
        """HOLD while an arm has a fault."""
        found = None
        for arm, detector in enumerate(self._detectors):
            decision = detector.check(reference, inputs.arms[arm])
            if decision is not None and found is None:
                reason = inputs.labelled(arm, decision.reason)
                found = replace(decision, reason=reason, arm=arm)
        return found
