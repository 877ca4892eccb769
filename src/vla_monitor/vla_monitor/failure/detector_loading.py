"""Selection of the detector for a configured policy, and the check of its calibration."""

from __future__ import annotations

from pathlib import Path

from vla_monitor.failure import calibration
from vla_monitor.failure.attempt import DetectorParams
from vla_monitor.failure.detector import FailureDetector
from vla_monitor.failure.traces import Binding
from vla_policy.checkpoint import feature_schema, read_card
from vla_policy.registry import find_checkpoint, has_weights


def detector_of(params: DetectorParams, policy: str, period: float) -> FailureDetector:
    """Return the detector for a policy with one inference every `period` s.

    Calibrated when the policy is a checkpoint with a folder monitor/; UserError when that belongs
    to another policy. Otherwise the detector uses the free signals only.
    """
    folder = folder_of(policy)
    where = folder / calibration.FOLDER if folder else None
    if folder is None or where is None or not where.is_dir():
        return FailureDetector(params, None, period)
    loaded = calibration.load(where)
    calibration.require_fit(where, loaded, binding_of(folder, period))
    return FailureDetector(params, loaded, period)


def folder_of(policy: str) -> Path | None:
    """Return the folder of a checkpoint; None for a policy without weights."""
    return find_checkpoint(policy) if has_weights(policy) else None


def binding_of(folder: Path, period: float) -> Binding:
    """Return the binding of this checkpoint's scores."""
    card = read_card(folder)
    return Binding(card.weights[:12], feature_schema(card), period, card.step, card.horizon)
