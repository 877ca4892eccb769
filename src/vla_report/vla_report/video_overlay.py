"""One video frame of an episode: camera image, grounded objects, TCP path of the chunk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from vla_core.frozen import Array
from vla_core.records.scene import GroundedScene, Role
from vla_core.records.sensing import CameraModel
from vla_report.video_panel import (
    DIM,
    INK,
    PAPER,
    Mark,
    PanelState,
    draw_panel,
    draw_timeline,
    font,
    is_moving_by_policy,
)  # fmt: skip
from vla_teleop.recorder.record_codec import Picture

SIZE = (1280, 720)  # px, even numbers for H.264
VIEW = (960, 640)  # px, of the scene camera, its upper and lower edge cut off
SIDE = SIZE[0] - VIEW[0]
PATH = (255, 90, 190)
ROLE_COLOUR = {
    Role.TARGET: (255, 196, 0),
    Role.DESTINATION: (64, 196, 255),
    Role.OBSTACLE: (150, 160, 170),
}
BOX_EDGES = tuple((a, a | bit) for a in range(8) for bit in (1, 2, 4) if not a & bit)


@dataclass(frozen=True)
class OverlayFrame:
    """The records at one image; None where nothing was received yet."""

    frame: Picture  # of the scene camera
    wrist: Picture | None
    camera_from_base: Array  # (4, 4) of the scene camera, optical axes
    scene: GroundedScene | None
    state: PanelState
    path: Array  # (k, 3) m, base frame, TCP path of the chunk; may be empty
    elapsed: float  # s since the instruction


def draw(overlay: OverlayFrame, marks: tuple[Mark, ...], end: float) -> Image.Image:
    """Return the video frame, SIZE px RGB; `marks` is the time line of an episode of `end` s."""
    canvas = Image.new('RGB', SIZE, PAPER)
    view = OverlayView(overlay.frame.model)
    canvas.paste(view.fitted(overlay.frame.rgb), (0, 0))
    pen = ImageDraw.Draw(canvas)
    if overlay.scene is not None:
        _draw_objects(pen, overlay, view)
    if is_moving_by_policy(overlay.state):
        _draw_path(pen, overlay, view)
    pen.rectangle([0, VIEW[1], *SIZE], fill=PAPER)
    _draw_caption(pen, overlay)
    draw_timeline(pen, marks, overlay.elapsed, end)
    if overlay.wrist is not None:
        small = Image.fromarray(overlay.wrist.rgb)
        canvas.paste(small.resize((SIDE, SIDE * 3 // 4), Image.Resampling.BICUBIC), (VIEW[0], 0))
    draw_panel(pen, overlay.state, overlay.scene, (VIEW[0] + 18, SIDE * 3 // 4 + 16))
    return canvas


@dataclass(frozen=True)
class OverlayView:
    """Maps camera pixels to the video frame: full width, cropped above and below."""

    model: CameraModel

    @property
    def scale(self) -> float:
        return VIEW[0] / self.model.width

    @property
    def cut(self) -> float:
        """px cropped at the top."""
        return max(0.0, self.model.height * self.scale - VIEW[1]) / 2

    def fitted(self, rgb: np.ndarray) -> Image.Image:
        size = (VIEW[0], round(self.model.height * self.scale))
        large = Image.fromarray(rgb).resize(size, Image.Resampling.BICUBIC)
        top = round(self.cut)
        return large.crop((0, top, VIEW[0], top + VIEW[1]))

    def pixels(self, points: Array, camera_from_base: Array) -> Array:
        """Pixels (n, 2) of the video for points (n, 3), base frame; NaN behind the camera."""
        return project(points, camera_from_base, self.model) * self.scale - [0.0, self.cut]


def project(points: Array, camera_from_base: Array, model: CameraModel) -> Array:
    """Camera pixels (n, 2) of points (n, 3) of the base frame; NaN behind the camera."""
    at = points @ camera_from_base[:3, :3].T + camera_from_base[:3, 3]
    depth = np.where(at[:, 2] > 1e-6, at[:, 2], np.nan)
    u = model.fx * at[:, 0] / depth + model.cx
    v = model.fy * at[:, 1] / depth + model.cy
    return np.column_stack([u, v])


def _draw_objects(pen: ImageDraw.ImageDraw, overlay: OverlayFrame, view: OverlayView) -> None:
    assert overlay.scene is not None
    for item in sorted(overlay.scene.objects, key=lambda o: o.role != Role.OBSTACLE):
        colour = ROLE_COLOUR.get(item.role)
        if colour is None:
            continue
        corners = _box_corners(item.position, item.size, item.yaw)
        pixels = view.pixels(corners, overlay.camera_from_base)
        if not np.isfinite(pixels).all():
            continue
        for a, b in BOX_EDGES:
            ends = [tuple(pixels[a]), tuple(pixels[b])]
            pen.line(ends, fill=colour, width=1 if item.role == Role.OBSTACLE else 3)
        if item.role != Role.OBSTACLE:
            text = item.label + (', held' if item.is_held else '')
            _draw_label(pen, text, pixels, colour, item.role == Role.DESTINATION)


def _draw_label(
    pen: ImageDraw.ImageDraw, text: str, pixels: Array, colour: tuple, is_below: bool
) -> None:
    """A label above the object, or below it, so that two labels rarely overlap."""
    width = pen.textlength(text, font=font(18))
    middle = float(pixels[:, 0].mean())
    left = min(max(middle - width / 2, 8.0), VIEW[0] - width - 8.0)
    top = float(pixels[:, 1].max()) + 10 if is_below else float(pixels[:, 1].min()) - 36
    pen.rounded_rectangle([left - 8, top, left + width + 8, top + 26], 6, fill=PAPER)
    pen.text((left, top + 2), text, fill=colour, font=font(18))


def _box_corners(centre: Array, size: Array, yaw: float) -> Array:
    """(8, 3) corners of an upright box; bit k of the index is the sign along axis k."""
    signs = np.array([[k & 1, k >> 1 & 1, k >> 2] for k in range(8)]) - 0.5
    c, s = np.cos(yaw), np.sin(yaw)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return (signs * size) @ turn.T + centre


def _draw_path(pen: ImageDraw.ImageDraw, overlay: OverlayFrame, view: OverlayView) -> None:
    if len(overlay.path) < 2:
        return
    pixels = view.pixels(overlay.path, overlay.camera_from_base)
    pixels = pixels[np.isfinite(pixels).all(axis=1)]
    if len(pixels) >= 2:
        pen.line([tuple(p) for p in pixels], fill=PATH, width=4, joint='curve')
        x, y = pixels[-1]
        pen.ellipse([x - 5, y - 5, x + 5, y + 5], fill=PATH)


def _draw_caption(pen: ImageDraw.ImageDraw, overlay: OverlayFrame) -> None:
    status = overlay.state.status
    text = f'“{status.instruction}”' if status else ''
    pen.text((16, VIEW[1] + 8), text, fill=INK, font=font(24))
    pen.text((SIZE[0] - 20, VIEW[1] + 12), f'{overlay.elapsed:.1f} s', DIM, font(20), anchor='ra')
