"""One picture of an episode: the camera, what perception found, where the tool is going, what the shield says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vla_core.frozen import Array
from vla_core.safety import Decision, SafetyVote, ShieldReport
from vla_core.scene import GroundedScene, Role, TargetStatus
from vla_core.sensing import CameraModel
from vla_core.task import TaskStatus
from vla_teleop.wire import Picture

SIZE = (1280, 720)  # px, even numbers for H.264
VIEW = (960, 720)  # px, scene camera
SIDE = SIZE[0] - VIEW[0]
INK, PAPER, DIM = (235, 238, 242), (18, 22, 28), (130, 140, 152)
ROLE_COLOUR = {
    Role.TARGET: (255, 196, 0),
    Role.DESTINATION: (64, 196, 255),
    Role.OBSTACLE: (150, 160, 170),
}
DECISION_COLOUR = {
    Decision.DISARMED: (120, 120, 120),
    Decision.PASS: (70, 190, 110),
    Decision.CLIPPED: (240, 200, 60),
    Decision.SLOWED: (250, 150, 50),
    Decision.HOLD: (235, 90, 70),
    Decision.BRAKE: (220, 40, 60),
    Decision.REJECTED: (190, 60, 190),
}


@dataclass(frozen=True)
class Moment:
    """Everything known at one camera frame; None where nothing was said yet."""

    frame: Picture  # of the scene camera
    wrist: Picture | None
    camera_from_base: Array  # (4, 4) of the scene camera, optical axes
    scene: GroundedScene | None
    status: TaskStatus | None
    report: ShieldReport | None
    votes: tuple[SafetyVote, ...]
    path: Array  # (k, 3) m, base_link, where the chunk leads; may be empty
    elapsed: float  # s since the instruction


def draw(moment: Moment) -> Image.Image:
    """Return the picture, SIZE px RGB."""
    canvas = Image.new('RGB', SIZE, PAPER)
    canvas.paste(Image.fromarray(moment.frame.rgb).resize(VIEW, Image.Resampling.BICUBIC), (0, 0))
    pen = ImageDraw.Draw(canvas)
    if moment.scene is not None:
        _draw_objects(pen, moment)
    _draw_path(pen, moment)
    _draw_instruction(pen, moment)
    _draw_side(canvas, pen, moment)
    return canvas


def project(points: Array, camera_from_base: Array, model: CameraModel) -> Array:
    """Pixels (n, 2) of base_link points (n, 3); NaN behind the camera."""
    at = points @ camera_from_base[:3, :3].T + camera_from_base[:3, 3]
    depth = np.where(at[:, 2] > 1e-6, at[:, 2], np.nan)
    u = model.fx * at[:, 0] / depth + model.cx
    v = model.fy * at[:, 1] / depth + model.cy
    return np.column_stack([u, v])


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _scale(model: CameraModel) -> Array:
    return np.array([VIEW[0] / model.width, VIEW[1] / model.height])


def _draw_objects(pen: ImageDraw.ImageDraw, moment: Moment) -> None:
    assert moment.scene is not None
    scale = _scale(moment.frame.model)
    for item in moment.scene.objects:
        colour = ROLE_COLOUR.get(item.role)
        if colour is None:
            continue
        corners = _box_corners(item.position, item.size, item.yaw)
        pixels = project(corners, moment.camera_from_base, moment.frame.model) * scale
        if not np.isfinite(pixels).all():
            continue
        width = 1 if item.role == Role.OBSTACLE else 3
        for a, b in BOX_EDGES:
            pen.line([tuple(pixels[a]), tuple(pixels[b])], fill=colour, width=width)
        if item.role != Role.OBSTACLE:
            word = f'{item.role.name.lower()}: {item.label}' + (' (held)' if item.is_held else '')
            top = pixels.min(axis=0)
            pen.text((top[0], top[1] - 22), word, fill=colour, font=font(18))


BOX_EDGES = tuple((a, a | bit) for a in range(8) for bit in (1, 2, 4) if not a & bit)


def _box_corners(centre: Array, size: Array, yaw: float) -> Array:
    """(8, 3) corners of an upright box."""
    signs = np.array([[x, y, z] for z in (-1, 1) for y in (-1, 1) for x in (-1, 1)]) / 2
    c, s = np.cos(yaw), np.sin(yaw)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return (signs * size) @ turn.T + centre


def _draw_path(pen: ImageDraw.ImageDraw, moment: Moment) -> None:
    if len(moment.path) < 2:
        return
    model = moment.frame.model
    pixels = project(moment.path, moment.camera_from_base, model) * _scale(model)
    pixels = pixels[np.isfinite(pixels).all(axis=1)]
    if len(pixels) >= 2:
        pen.line([tuple(p) for p in pixels], fill=(255, 90, 190), width=4)
        x, y = pixels[-1]
        pen.ellipse([x - 5, y - 5, x + 5, y + 5], fill=(255, 90, 190))


def _draw_instruction(pen: ImageDraw.ImageDraw, moment: Moment) -> None:
    said = f'“{moment.status.instruction}”' if moment.status else ''
    pen.rectangle([0, VIEW[1] - 46, VIEW[0], VIEW[1]], fill=PAPER)
    pen.text((16, VIEW[1] - 38), said, fill=INK, font=font(24))
    pen.text((VIEW[0] - 100, VIEW[1] - 36), f'{moment.elapsed:6.1f} s', fill=DIM, font=font(20))


def _draw_side(canvas: Image.Image, pen: ImageDraw.ImageDraw, moment: Moment) -> None:
    x = VIEW[0] + 16
    if moment.wrist is not None:
        small = Image.fromarray(moment.wrist.rgb).resize((SIDE, SIDE * 3 // 4))
        canvas.paste(small, (VIEW[0], 0))
    y = SIDE * 3 // 4 + 16
    if moment.status is not None:
        pen.text((x, y), moment.status.phase.name, fill=INK, font=font(28))
        attempt = f'try {moment.status.attempt}' if moment.status.attempt > 1 else ''
        pen.text((x + 190, y + 8), attempt, fill=DIM, font=font(18))
    y = _draw_grounding(pen, moment, x, y + 46)
    y = _draw_shield(pen, moment, x, y + 14)
    _draw_votes(pen, moment, x, y + 14)


def _draw_grounding(pen: ImageDraw.ImageDraw, moment: Moment, x: int, y: int) -> int:
    pen.text((x, y), 'target', fill=DIM, font=font(16))
    if moment.scene is not None:
        status = moment.scene.target_status
        colour = DECISION_COLOUR[
            Decision.PASS if status == TargetStatus.PRESENT else Decision.HOLD
        ]
        pen.text((x + 80, y), status.name, fill=colour, font=font(16))
    return y + 24


def _draw_shield(pen: ImageDraw.ImageDraw, moment: Moment, x: int, y: int) -> int:
    report = moment.report
    pen.text((x, y), 'shield', fill=DIM, font=font(16))
    if report is None:
        return y + 24
    pen.rectangle([x + 80, y - 2, x + 200, y + 22], fill=DECISION_COLOUR[report.decision])
    pen.text((x + 88, y), report.decision.name, fill=PAPER, font=font(16))
    lines = [
        f'clearance {1e3 * report.separation:6.0f} mm',
        f'tightest  {report.tightest[:24]}',
        f'work      {report.loop_ms:6.2f} ms',
        report.reason[:36],
    ]
    for k, line in enumerate(lines):
        pen.text((x, y + 30 + 21 * k), line, fill=INK, font=font(15))
    return y + 30 + 21 * len(lines)


def _draw_votes(pen: ImageDraw.ImageDraw, moment: Moment, x: int, y: int) -> None:
    for k, vote in enumerate(moment.votes):
        decision = (Decision.PASS, Decision.SLOWED, Decision.HOLD, Decision.BRAKE)[vote.level]
        row = y + 24 * k
        pen.ellipse([x, row + 3, x + 13, row + 16], fill=DECISION_COLOUR[decision])
        pen.text((x + 22, row), f'{vote.voter} {vote.level.name}', fill=INK, font=font(15))
