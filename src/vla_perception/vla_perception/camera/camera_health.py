"""Whether a camera sees: one that is covered has no depth, or a dark image."""

from __future__ import annotations

import numpy as np

from vla_core.records.sensing import RgbdFrame
from vla_perception.params import GrounderParams


def frame_fault(frame: RgbdFrame, valid: float, params: GrounderParams) -> str:
    """Return why a frame of which the share `valid` has depth cannot be used, or ''."""
    if not valid >= params.min_valid_depth:
        far = _beyond(frame, params.max_depth)
        return f'only {100 * valid:.0f} % of the image has valid depth{far}'
    brightness = float(frame.rgb[::4, ::4].max(axis=-1).mean())
    if not brightness >= params.min_brightness:
        return 'the camera image is dark'
    return ''


def _beyond(frame: RgbdFrame, max_depth: float) -> str:
    """Return that most depth values are beyond `max_depth` m, or ''."""
    values = frame.depth[np.isfinite(frame.depth) & (frame.depth > 0.0)]
    middle = float(np.median(values)) if len(values) else 0.0
    if not middle > max_depth:
        return ''
    return f': half of it is beyond {middle:.3g} m; is depth_unit of the camera right?'
