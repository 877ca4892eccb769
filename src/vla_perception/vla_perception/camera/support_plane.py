"""Correction of the camera pose such that the table top is z = 0, within small bounds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.floating]
_FEWEST = 200  # points for a plane fit


def fit_plane(points: Points, band: float) -> Points | None:
    """Return (a, b, c) of z = a x + b y + c through the points (n, 3) near z = 0, or None."""
    plane = np.zeros(3)
    for reach in (band, band / 2):
        off = points[:, 2] - points[:, :2] @ plane[:2] - plane[2]
        near = points[np.abs(off) <= reach].astype(float)
        if len(near) < _FEWEST:
            return None
        rows = np.c_[near[:, :2], np.ones(len(near))]
        plane = np.linalg.solve(rows.T @ rows, rows.T @ near[:, 2])
    return plane


def levelled(base_from_optical: Points, plane: Points) -> Points:
    """Return the camera pose under which the plane is z = 0: rotated in place, then lifted.

    A camera that is rotated by a small angle sees the table tilted, and all other points by the
    same angle; hence the whole pose is corrected and not only the heights.
    """
    a, b, c = plane
    normal = np.array([-a, -b, 1.0]) / np.sqrt(1 + a * a + b * b)
    axis = np.cross(normal, [0.0, 0.0, 1.0])
    skew = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    turn = np.eye(3) + skew + skew @ skew / (1 + normal[2])  # Rodrigues, from normal to z
    x, y, z = base_from_optical[:3, 3]
    pose = base_from_optical.copy()
    pose[:3, :3] = turn @ pose[:3, :3]
    pose[2, 3] = (z - a * x - b * y - c) / np.sqrt(1 + a * a + b * b)
    return pose


def deviation(pose: Points, nominal: Points) -> tuple[float, float]:
    """Return angle in rad and distance in m between two poses."""
    cosine = (np.trace(pose[:3, :3].T @ nominal[:3, :3]) - 1) / 2
    return float(np.arccos(np.clip(cosine, -1, 1))), float(np.linalg.norm((pose - nominal)[:3, 3]))
