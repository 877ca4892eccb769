"""Camera streams: encodings, sizes, intrinsics, depth unit, pairing, registration."""

from __future__ import annotations

from statistics import median
from typing import Any

import numpy as np

from vla_commission.checks.registration_shift import shift
from vla_commission.facts import Facts, TopicStream
from vla_commission.finding import Finding, Status, fail, ok, skipped, warning
from vla_core.frozen import Array
from vla_core.records.sensing import RgbdFrame
from vla_core.robot.camera import CameraConfig
from vla_core.robot.config import RobotConfig
from vla_ros import topics
from vla_ros.camera.approximate_time_synchronizer import SLOP
from vla_ros.convert.fields import BadMessage
from vla_ros.convert.rgbd import frame_from_msgs

SAME = 0.005  # s, stamps of one exposure
UNITS = (1e-3, 1e-4, 1e-1, 1e-2, 10.0, 100.0, 1e3)  # factors that a wrong unit of depth makes
UNIT_TOLERANCE = 0.25  # of a factor
SHIFT = 4  # px at 320 px of width, of depth against colour
LEAST_DEPTH = 0.3  # share of pixels with a depth


def cameras(facts: Facts, robot: RobotConfig) -> list[Finding]:
    """All checks of each camera."""
    found = []
    for camera in robot.cameras:
        mine = _camera(facts, camera)
        bad = [f for f in mine if not f.is_good]
        found += bad or [ok(f'camera.{camera.name}', '; '.join(f.text for f in mine))]
    return found


def _camera(facts: Facts, camera: CameraConfig) -> list[Finding]:
    colour, depth, info = (facts.stream(topic.name) for topic in topics.camera(camera))
    if not (colour.arrivals and depth.arrivals) or (camera.needs_info and not info.arrivals):
        return []  # graph.inputs says why
    try:
        frame = frame_from_msgs(camera, colour.last, depth.last, info.last)
    except BadMessage as bad:
        return [_refused(camera, str(bad)), *pairing(camera, colour, depth)]
    found = [*pairing(camera, colour, depth), *depth_unit(camera, frame, depth.last)]
    has_unit = all(f.check != 'camera.depth_unit' or f.status != Status.FAIL for f in found)
    return [*found, *(registered(camera, frame) if has_unit else ())]


def _refused(camera: CameraConfig, reason: str) -> Finding:
    """Why images are no frame; the reason names the remedy after its first colon or semicolon."""
    kinds = {'focal': 'intrinsics', 'principal': 'intrinsics', 'registered': 'alignment',
             'encoding': 'encoding', 'camera info': 'size'}  # fmt: skip
    kind = next((kind for key, kind in kinds.items() if key in reason), 'frame')
    measured, _, change = reason.partition('; ')
    change = change or f'correct the topics or the driver of camera {camera.name}'
    return fail(f'camera.{kind}', f'camera {camera.name}: {measured}', change)


def pairing(camera: CameraConfig, colour: TopicStream, depth: TopicStream) -> list[Finding]:
    """Offset of the depth stamps from the nearest colour stamps."""
    pairs = [s for s in colour.stamps if s], [s for s in depth.stamps if s]
    if not all(pairs):
        return []
    offset = median(min((d - c for c in pairs[0]), key=abs) for d in pairs[1])
    text = f'camera {camera.name}: depth is stamped {offset * 1e3:+.0f} ms from colour'
    if abs(offset) > SLOP:
        return [fail(
            'camera.pairing', text,
            f'synchronise both streams in the driver, or set camera_slop of perception to '
            f'{abs(offset) + 0.01:.2f}: objects that move are then seen shifted',
        )]  # fmt: skip
    if abs(offset) > SAME:
        return [warning(
            'camera.pairing', text,
            'synchronise both streams in the driver (RealSense: enable_sync:=true)',
        )]  # fmt: skip
    return [ok('camera.pairing', f'depth and colour {offset * 1e3:+.0f} ms')]


def depth_unit(camera: CameraConfig, frame: RgbdFrame, message: Any) -> list[Finding]:
    """Measured depth against the distance of the work surface, for a scene camera."""
    valid = np.isfinite(frame.depth) & (frame.depth > 0.0)
    share = float(np.mean(valid))
    found = []
    if share < LEAST_DEPTH:
        found.append(warning(
            'camera.depth_holes', f'camera {camera.name}: {100 * share:.0f} % of pixels have a '
            f'depth', 'check the range of the camera, its lighting, and reflecting surfaces',
        ))  # fmt: skip
    expected = expected_depth(camera, frame)
    if expected is None or not valid.any():
        return found or [skipped('camera.depth_unit', f'camera {camera.name} moves with the arm')]
    both = valid & np.isfinite(expected)
    if not both.any():
        return found
    ratio = float(np.median(frame.depth[both] / expected[both]))
    factor = next((u for u in UNITS if abs(ratio * u - 1.0) < UNIT_TOLERANCE), None)
    if factor is not None:
        unit = (camera.depth_unit or _usual(message)) * factor
        return [*found, fail(
            'camera.depth_unit', f'camera {camera.name}: depth is {ratio:.3g} times the distance '
            f'of the work surface',
            f'put "depth_unit: {unit:.3g}" into camera {camera.name} of the robot file',
        )]  # fmt: skip
    return found or [ok('camera.depth_unit', f'depth is {ratio:.2f} times the expected')]


def _usual(message: Any) -> float:
    return 1.0 if message.encoding == '32FC1' else 0.001


def expected_depth(camera: CameraConfig, frame: RgbdFrame) -> Array | None:
    """(H, W) m along the optical axis of the plane z = 0, NaN above the horizon; None for a camera
    on the arm."""
    if camera.kind != 'scene':
        return None
    pose, model = camera.base_from_camera, frame.model
    u, v = np.meshgrid(np.arange(model.width), np.arange(model.height))
    rays = np.stack(
        [(u - model.cx) / model.fx, (v - model.cy) / model.fy, np.ones(u.shape)], axis=-1
    )
    down = rays @ pose[2, :3]  # m of height per m of depth
    with np.errstate(divide='ignore', invalid='ignore'):
        depth = -pose[2, 3] / down
    return np.asarray(np.where(depth > 0.0, depth, np.nan))


def registered(camera: CameraConfig, frame: RgbdFrame) -> list[Finding]:
    """Edges of depth against edges of colour."""
    moved = shift(frame.rgb, frame.depth)
    limit = SHIFT * frame.model.width / 320.0
    if moved is None:
        return [skipped('camera.alignment', f'camera {camera.name}: too few edges to compare')]
    size = float(np.hypot(*moved))
    if size > limit:
        return [fail(
            'camera.alignment', f'camera {camera.name}: depth is shifted by '
            f'{moved[0]:+d}, {moved[1]:+d} px from colour',
            'use the registered topic (RealSense: align_depth.enable:=true and '
            'aligned_depth_to_color/image_raw; else depth_image_proc register)',
        )]  # fmt: skip
    return [ok('camera.alignment', f'depth within {limit:.0f} px of colour')]
