"""The default detector: segments of equal hue and continuous depth, each fitted by a solid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vla_core.records.scene import ParsedTask
from vla_perception.detection.assembly import assemble
from vla_perception.detection.colour import hue_of, name_colour
from vla_perception.detection.container import fit_container, is_hollow
from vla_perception.detection.order_statistics import median, quantile
from vla_perception.detection.protocol import Detection, PreparedFrame
from vla_perception.detection.segments import Joining, Segment, find_segments
from vla_perception.detection.solids import Cloud, best_solid, fit_cuboid
from vla_perception.detection.touching_objects import unpack
from vla_perception.params import GrounderParams

Points = NDArray[np.floating]
_COMPACT = 0.085  # m; wider objects are boxes or housings
_FLOATS = 0.012  # m; a visible lower edge above this means that it stands on something
_SIDE_PIXELS = 2.0  # a side that fills less is not seen
_MANY = 900  # points kept of one segment


@dataclass(frozen=True)
class Piece:
    """The points of a segment, with area and colour."""

    segment: Segment
    points: Points  # (n, 3) m, base frame; z above the table
    area: Points  # (n,) m², horizontal, per pixel
    colour: str
    box: tuple[float, float, float, float]  # px

    @property
    def extent(self) -> float:
        """m, length of the diagonal of the footprint's axis-parallel box."""
        return float(np.hypot(*np.ptp(self.points[:, :2], axis=0)))


class ClusterDetector:
    """Finds objects by colour and depth alone; its shapes are those that it can fit."""

    def __init__(self, params: GrounderParams) -> None:
        self._joining = Joining(params.depth_step, params.hue_step, params.min_pixels)

    def detect(self, prepared: PreparedFrame, task: ParsedTask) -> list[Detection]:
        """Return the objects of this frame; the task is not used."""
        hue = hue_of(prepared.rgb)
        segments = find_segments(
            prepared.is_object, prepared.depth, hue, prepared.is_robot, self._joining
        )
        segments = [part for segment in segments for part in unpack(segment, prepared)]
        pieces = [_piece(segment, prepared) for segment in segments]
        tops = [(piece.points[:, :2].mean(axis=0), _top(piece)) for piece in pieces]
        origin = prepared.view.origin
        found = [_fitted(p, _support(p, tops, k, origin)) for k, p in enumerate(pieces)]
        return assemble(found, prepared.known)


def _piece(segment: Segment, prepared: PreparedFrame) -> Piece:
    pixels = segment.pixels
    width = prepared.depth.shape[1]
    row, col = np.divmod(pixels, width)
    box = (float(col.min()), float(row.min()), float(col.max() + 1), float(row.max() + 1))
    colour = name_colour(prepared.rgb.reshape(-1, 3)[pixels])
    keep = pixels if len(pixels) <= _MANY else pixels[:: len(pixels) // _MANY + 1]
    points = prepared.view.points(keep, prepared.depth).astype(float)
    points[:, 2] = prepared.height.ravel()[keep]
    depth = prepared.depth.ravel()[keep].astype(float)
    above = np.maximum(prepared.view.origin[2] - points[:, 2], 0.05)
    # a pixel's footprint on a horizontal plane: z³ / (fx fy (camera height above the plane))
    area = depth**3 / (prepared.view.model.fx * prepared.view.model.fy * above)
    return Piece(segment, points, area * (len(pixels) / len(keep)), colour, box)


def _top(piece: Piece) -> float:
    return quantile(piece.points[:, 2], 0.97)


def _support(piece: Piece, tops: list[tuple[Points, float]], own: int, origin: Points) -> float:
    """Return the height in m of its support: 0 unless its lower edge is visible in the air."""
    low = quantile(piece.points[:, 2], 0.03)
    if low <= _FLOATS or piece.segment.hidden_below > 0.5 or _is_from_above(piece, low, origin):
        return 0.0
    centre = piece.points[:, :2].mean(axis=0)
    for k, (where, top) in enumerate(tops):
        if k != own and abs(top - low) <= 0.008 and np.linalg.norm(where - centre) <= 0.04:
            return top
    return low


def _is_from_above(piece: Piece, low: float, origin: Points) -> bool:
    """True when the camera, at `origin`, could not see a side of `low` m below the piece."""
    away = float(np.linalg.norm(origin[:2] - piece.points[:, :2].mean(axis=0)))
    above = max(float(origin[2]) - _top(piece), 0.05)
    return low * away / above < _SIDE_PIXELS * float(np.sqrt(median(piece.area)))


def _fitted(piece: Piece, bottom: float) -> Detection:
    """Return the segment as a container, a large block or a compact solid."""
    step = float(np.sqrt(median(piece.area)))
    cloud = Cloud(np.asarray(piece.points, float), piece.area, bottom, step)
    if piece.extent > _COMPACT and is_hollow(cloud):
        solid = fit_container(cloud)
    elif piece.extent > 1.3 * _COMPACT:
        solid = fit_cuboid(cloud)
        return _detection(piece, solid, 'block')
    else:
        solid = best_solid(cloud)
    return _detection(piece, solid, solid.shape)


def _detection(piece: Piece, solid, shape: str) -> Detection:
    return Detection(
        shape=shape,
        colour=piece.colour,
        position=solid.centre,
        yaw=solid.yaw,
        size=solid.size,
        box=piece.box,
        hidden=piece.segment.hidden,
        points=piece.points,
        pixels=piece.segment.pixels,
        confidence=float(np.clip(1.5 - solid.residual / 0.004, 0.2, 1.0)),
    )
