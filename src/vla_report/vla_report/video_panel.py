"""The panel beside the camera image in a video: task, shield, votes, and the time line."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import ImageDraw, ImageFont

from vla_core.records.action import ActionChunk
from vla_core.records.safety import Decision, Level, SafetyVote, ShieldReport
from vla_core.records.scene import GroundedScene, TargetStatus
from vla_core.records.task import Phase, ResultCode, TaskStatus

INK, PAPER, DIM = (235, 238, 242), (18, 22, 28), (130, 140, 152)
GOOD, BAD = (70, 190, 110), (235, 90, 70)
DECISION_COLOUR = {
    Decision.DISARMED: (120, 120, 120),
    Decision.PASS: GOOD,
    Decision.CLIPPED: (240, 200, 60),
    Decision.SLOWED: (250, 150, 50),
    Decision.HOLD: BAD,
    Decision.BRAKE: (220, 40, 60),
    Decision.REJECTED: (190, 60, 190),
}
LEVEL_COLOUR = {
    Level.RUN: GOOD, Level.SLOW: (250, 150, 50), Level.HOLD: BAD, Level.STOP: (220, 40, 60),
}  # fmt: skip
COLUMN = 104  # px, from a name to its value
LINE = 26  # px
WIDTH = 290  # px
TIMELINE = (16, 686, 1264, 704)  # px


@dataclass(frozen=True)
class PanelState:
    """The newest records of the stack; None where nothing was received yet."""

    status: TaskStatus | None = None
    report: ShieldReport | None = None
    chunk: ActionChunk | None = None
    votes: tuple[SafetyVote, ...] = ()


@dataclass(frozen=True)
class Mark:
    """A segment of the time line."""

    begin: float  # s since the instruction
    end: float  # s
    decision: Decision


@lru_cache(maxsize=16)
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def short(pen: ImageDraw.ImageDraw, text: str, size: int, width: int = WIDTH) -> str:
    """Return the text, shortened to `width` px."""
    kept = text
    while kept and pen.textlength(kept + ('' if kept == text else '…'), font(size)) > width:
        kept = kept[:-1]
    return kept if kept == text else kept.rstrip() + '…'


def is_moving_by_policy(state: PanelState) -> bool:
    return state.status is not None and state.status.phase == Phase.RUNNING


def draw_panel(
    pen: ImageDraw.ImageDraw, state: PanelState, scene: GroundedScene | None, at: tuple[int, int]
) -> None:
    """Everything below the wrist camera; `at` is the upper left corner, px."""
    x, y = at
    y = _draw_task(pen, state, x, y)
    y = _draw_row(pen, (x, y), 'target', *_found(scene))
    y = _draw_shield(pen, state.report, x, y + 8)
    for vote in state.votes:
        pen.ellipse([x + 1, y + 4, x + 13, y + 16], fill=LEVEL_COLOUR[vote.level])
        reason = f': {vote.reasons[0]}' if vote.reasons else ''
        text = f'{vote.voter} {vote.level.name}{reason}'
        pen.text((x + 22, y), short(pen, text, 16, WIDTH - 22), fill=INK, font=font(16))
        y += LINE


def draw_timeline(
    pen: ImageDraw.ImageDraw, marks: tuple[Mark, ...], now: float, end: float
) -> None:
    """Draw the shield's decisions from the instruction until now; the axis ends at `end` s."""
    left, top, right, bottom = TIMELINE
    scale = (right - left) / max(end, 1e-6)
    pen.rectangle([left, top, right, bottom], fill=(34, 40, 48))
    for mark in marks:
        if mark.begin < now:
            a, b = left + scale * max(mark.begin, 0.0), left + scale * min(mark.end, now)
            pen.rectangle([a, top, max(a, b), bottom], fill=DECISION_COLOUR[mark.decision])
    x = left + scale * min(max(now, 0.0), end)
    pen.line([(x, top - 4), (x, bottom + 4)], fill=INK, width=2)


def _draw_task(pen: ImageDraw.ImageDraw, state: PanelState, x: int, y: int) -> int:
    status = state.status
    word, colour = _headline(status)
    pen.text((x, y), word, fill=colour, font=font(28))
    if status is not None and status.attempt > 1:
        pen.text((x + 284, y + 8), f'attempt {status.attempt}', DIM, font(18), anchor='ra')
    doing = state.chunk.plan_step if state.chunk and is_moving_by_policy(state) else ''
    pen.text((x, y + 36), short(pen, doing, 17), fill=DIM, font=font(17))
    return y + 66


def _headline(status: TaskStatus | None) -> tuple[str, tuple[int, int, int]]:
    """The phase; the result as soon as there is one, also while the arm returns home."""
    if status is None:
        return '', INK
    is_over = status.phase in (Phase.DONE, Phase.FAILED)
    if is_over or (status.text and status.phase != Phase.RUNNING):
        is_good = status.code == ResultCode.SUCCEEDED
        return ResultCode(status.code).name, GOOD if is_good else BAD
    return status.phase.name, INK


def _found(scene: GroundedScene | None) -> tuple[str, tuple[int, int, int]]:
    if scene is None:
        return 'no scene yet', DIM
    is_there = scene.target_status == TargetStatus.PRESENT
    return scene.target_status.name.lower(), GOOD if is_there else BAD


def _draw_shield(pen: ImageDraw.ImageDraw, report: ShieldReport | None, x: int, y: int) -> int:
    if report is None:
        return _draw_row(pen, (x, y), 'shield', 'no report', DIM)
    pen.text((x, y), 'shield', fill=DIM, font=font(17))
    left, colour = x + COLUMN, DECISION_COLOUR[report.decision]
    pen.rounded_rectangle([left - 6, y - 2, left + 116, y + 22], 5, colour)
    pen.text((left, y), report.decision.name, fill=PAPER, font=font(17))
    y += LINE + 4
    near = f'{1e3 * report.separation:.0f} mm' if np.isfinite(report.separation) else 'far'
    y = _draw_row(pen, (x, y), 'clearance', near, INK)
    y = _draw_row(pen, (x, y), 'tightest', report.tightest, INK)
    y = _draw_row(pen, (x, y), 'work', f'{report.loop_ms:.2f} ms of 10', INK)
    pen.text((x, y), short(pen, report.reason, 16), fill=colour, font=font(16))
    return y + LINE + 8


def _draw_row(
    pen: ImageDraw.ImageDraw,
    at: tuple[int, int],
    name: str,
    value: str,
    colour: tuple[int, int, int],
) -> int:
    pen.text(at, name, fill=DIM, font=font(17))
    value = short(pen, value, 17, WIDTH - COLUMN)
    pen.text((at[0] + COLUMN, at[1]), value, fill=colour, font=font(17))
    return at[1] + LINE
