"""Pictures of the report: responses, stop, registration, the arm in the image."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from vla_commission.motion.camera import CameraMeasurement
from vla_commission.motion.sine import SineResponse
from vla_commission.motion.stop import StopMeasurement
from vla_commission.motion.view import Agreement
from vla_core import geometry
from vla_core.records.sensing import JointState
from vla_core.robot.config import RobotConfig
from vla_report.plots import COLOURS, WIDTH, svg

MOST = 1500  # points that are drawn


def write_png(rgb: np.ndarray, path: Path) -> None:
    """Write (H, W, 3) uint8 as a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.ascontiguousarray(rgb)).save(path)


def image(rgb: np.ndarray) -> str:
    """An <img> element."""
    data = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(rgb)).save(data, 'PNG')
    text = base64.b64encode(data.getvalue()).decode()
    return f'<img src="data:image/png;base64,{text}" alt="camera image">'


def agreement(rgb: np.ndarray, given: Agreement) -> str:
    """The visible points of the model in the image: green where depth agrees, else red."""
    drawn = np.array(rgb)
    u, v = given.pixels.T
    drawn[v[given.is_near], u[given.is_near]] = (40, 200, 90)
    drawn[v[~given.is_near], u[~given.is_near]] = (230, 50, 50)
    return image(drawn)


def responses(found: list[SineResponse]) -> list[tuple[str, str]]:
    """One figure of all joints."""
    if not found:
        return []
    rows = (len(found) + 1) // 2
    figure, grid = plt.subplots(rows, 2, figsize=(WIDTH, 1.7 * rows), squeeze=False)
    for axis, r in zip(grid.flat, found, strict=False):
        time = r.time - r.time[0]
        axis.plot(time, r.commanded, color=COLOURS['command'], lw=1.2, label='certified')
        axis.plot(time, r.measured, color=COLOURS['measured'], lw=1.2, label='measured')
        axis.set_title(f'{r.joint}, lag {r.lag * 1e3:.0f} ms', loc='left', fontsize=9)
        axis.set_ylabel('rad')
    for axis in grid.flat[len(found) :]:
        axis.set_visible(False)
    grid.flat[0].legend(frameon=False, fontsize=7)
    return [('small sine of each joint', svg(figure))]


def stop(found: StopMeasurement) -> str:
    """Way of the tip after the shield was killed."""
    figure, axis = plt.subplots(figsize=(WIDTH, 2.6))
    axis.plot(found.trace[:, 0], found.trace[:, 1] * 1e3, color=COLOURS['measured'])
    axis.axhline(found.certified_distance * 1e3, color=COLOURS['command'], lw=1, label='certified')
    axis.axvline(found.certified_time, color=COLOURS['command'], lw=1, ls='--')
    axis.set(xlabel='s since the shield was killed', ylabel='mm of the tip')
    axis.legend(frameon=False, fontsize=7)
    return svg(figure)


def registration(found: CameraMeasurement) -> str:
    """Depth points of the moving arm, before and after the correction."""
    r, rng = found.registration, np.random.default_rng(0)
    before = r.points[rng.choice(len(r.points), min(MOST, len(r.points)), replace=False)]
    after = geometry.transform(r.correction, before)
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 4.0))
    for axis, (a, b), names in zip(axes, ((0, 1), (0, 2)), (('x', 'y'), ('x', 'z')), strict=True):
        axis.plot(before[:, a], before[:, b], '.', ms=1.5, color=COLOURS['target'], label='before')
        axis.plot(after[:, a], after[:, b], '.', ms=1.5, color=COLOURS['measured'], label='after')
        axis.set(xlabel=f'{names[0]}, m', ylabel=f'{names[1]}, m')
        axis.set_aspect('equal', adjustable='datalim')
    axes[0].legend(frameon=False, fontsize=7)
    return svg(figure)


def angles(robot: RobotConfig, state: JointState | None) -> str:
    """'joint 12.3 degrees, ...' for a comparison with the pendant."""
    if state is None:
        return 'no joint states'
    pairs = zip(state.names, np.degrees(state.position), strict=True)
    return ', '.join(f'{n} {v:.1f} degrees' for n, v in pairs if n in robot.joint_names)
