"""The surface of a gripper's links at any position of its joint, and the gap between two."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np
import pinocchio as pin

from vla_core import geometry
from vla_core.authoring.chain import GripperJoints
from vla_core.frozen import Array
from vla_core.robot.description import urdf_tree as tree
from vla_core.robot.description.mesh import clipped
from vla_core.robot.description.surface import surfaces
from vla_core.robot.description.urdf import Description, mimic_joints

PAD = (0.003, 0.022)  # m, from the ends of the pads: where the opening is measured
ACROSS = 0.005  # m, half width of the strip in which it is measured


class GripperProbe:
    """The surface of a gripper's links, placed at any position of its joint."""

    def __init__(self, description: Description, joints: GripperJoints, pieces: int) -> None:
        self.model = pin.buildModelFromXML(description.text)
        self.data = self.model.createData()
        self.driver, self.base = joints.driver, joints.driver.parent
        self._followers = mimic_joints(description.text, joints.driver.name)
        self.axis = _joint_axis(description, self.driver.name)
        self._pair = ((joints.pair, joints.sign),) if joints.pair else ()
        own = set(tree.below(ET.fromstring(description.text), self.base))
        self.surface = {
            link: triangles
            for link, triangles in surfaces(description, self.model, pieces).items()
            if link in own
        }
        low, high = self.driver.lower, self.driver.upper
        self.moving = [
            link
            for link in self.surface
            if not np.allclose(self.place(low, link), self.place(high, link), atol=1e-6)
        ]

    def place(self, position: float, link: str) -> Array:
        """4x4 base_from_link with the joint at `position`."""
        q = pin.neutral(self.model)
        values = {self.driver.name: position}
        values |= {m.name: m.multiplier * position + m.offset for m in self._followers}
        values |= {name: sign * position for name, sign in self._pair}
        for name, value in values.items():
            q[self.model.joints[self.model.getJointId(name)].idx_q] = value
        pin.framesForwardKinematics(self.model, self.data, q)
        frames = self.data.oMf
        base, other = (
            frames[self.model.getFrameId(name, pin.FrameType.BODY)] for name in (self.base, link)
        )
        return np.asarray((base.inverse() * other).homogeneous)

    def triangles(self, position: float, link: str, axes: Array) -> Array:
        """(f, 3, 3) m, surface of a link in the base, turned into `axes` (columns)."""
        points = geometry.transform(self.place(position, link), self.surface[link].reshape(-1, 3))
        turned: Array = (points @ axes).reshape(-1, 3, 3)
        return turned

    def centre(self, position: float, link: str) -> Array:
        """(3,) m, middle of a link's surface in the base."""
        return np.asarray(self.triangles(position, link, np.eye(3)).reshape(-1, 3).mean(axis=0))


def gap_between(
    probe: GripperProbe, pads: tuple[str, str], axes: Array, position: float
) -> tuple[float, Array, float]:
    """(m between the pads, (2,) m of both inner faces along the closing axis, m of their common
    end along the approach axis); NaN where they are not opposite."""
    shapes = [probe.triangles(position, pad, axes) for pad in pads]
    end = min(float(shape[:, :, 2].max()) for shape in shapes)
    strips = [in_strip(shape, 2, end - PAD[1], end - PAD[0]) for shape in shapes]
    if min(len(strip) for strip in strips) == 0:
        return np.nan, np.full(2, np.nan), end
    low = max(float(strip[:, :, 0].min()) for strip in strips)
    high = min(float(strip[:, :, 0].max()) for strip in strips)
    middle = 0.5 * (low + high)
    strips = [in_strip(strip, 0, middle - ACROSS, middle + ACROSS) for strip in strips]
    if min(len(strip) for strip in strips) == 0:
        return np.nan, np.full(2, np.nan), end
    faces = np.array([float(strips[0][:, :, 1].max()), float(strips[1][:, :, 1].min())])
    return float(faces[1] - faces[0]), faces, end


def in_strip(triangles: Array, axis: int, low: float, high: float) -> Array:
    return clipped(clipped(triangles, axis, low, 1.0), axis, high, -1.0)


def _joint_axis(description: Description, name: str) -> Array:
    """(3,) unit vector in the axes of the joint's child."""
    axis = tree.joints_of(ET.fromstring(description.text))[name].find('axis')
    xyz = '1 0 0' if axis is None else axis.get('xyz', '1 0 0')
    return np.asarray(geometry.unit(tree.numbers(xyz)))
