"""A URDF as an element tree: read from xacro, joined with attachments, made regular."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.parsers.expat import ExpatError

import numpy as np
import xacro
from xacro import substitution_args

from vla_core import geometry
from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_core.robot.description.packages import find_package

MOVABLE = ('revolute', 'continuous', 'prismatic')
KNOWN = (*MOVABLE, 'fixed', 'floating', 'planar')
KEPT = ('link', 'joint', 'material')  # elements of a robot that describe its body
MIN_MASS, MIN_INERTIA = 1e-3, 1e-6  # kg, kg m^2


def read_urdf(path: Path, args: tuple[tuple[str, str], ...], dirs: tuple[str, ...]) -> ET.Element:
    """Root element of a URDF or xacro file; mesh paths are relative to its folder."""
    substitution_args._eval_find = lambda name: str(find_package(name, path.parent, dirs))
    try:
        text = path.read_text(encoding='utf-8')
        xacro.init_stacks(str(path))
        document = xacro.parse(declared(text), str(path))
        if 'xacro' in text:
            xacro.process_doc(document, mappings=dict(args))
        root = ET.fromstring(document.toxml())
    except (xacro.XacroException, ExpatError, OSError, ET.ParseError, ValueError) as error:
        reason = ' '.join(str(error).split())
        raise UserError(f'{path}: xacro cannot expand it: {reason}') from error
    if root.tag != 'robot':
        raise UserError(f'{path}: the root element is <{root.tag}>, not <robot>: not a URDF')
    for element in [child for child in root if child.tag not in KEPT]:
        root.remove(element)
    return root


def declared(text: str) -> str:
    """The text with every namespace prefix declared; exporters forget `drake:` and `gazebo:`."""
    used = set(re.findall(r'<(?!/)(\w+):', text)) | set(re.findall(r'\s(\w+):\w+\s*=', text))
    missing = used - set(re.findall(r'xmlns:(\w+)', text)) - {'xmlns', 'xml'}
    names = ''.join(f' xmlns:{name}="urn:{name}"' for name in sorted(missing))
    return re.sub(r'<robot\b', f'<robot{names}', text, count=1) if missing else text


def joints_of(root: ET.Element) -> dict[str, ET.Element]:
    """The joints by name."""
    return {
        name_of(joint): joint for joint in root.iter('joint') if joint.find('child') is not None
    }


def name_of(element: ET.Element) -> str:
    return element.get('name', '')


def end(joint: ET.Element, which: str) -> str:
    """Name of the 'parent' or 'child' link of a joint."""
    link = joint.find(which)
    return '' if link is None else link.get('link', '')


def root_link(root: ET.Element, where: str) -> str:
    """The link without parent; UserError when there is not exactly one."""
    children = {end(joint, 'child') for joint in joints_of(root).values()}
    found = [name_of(link) for link in root.iter('link') if name_of(link) not in children]
    if not found:
        raise UserError(f'{where}: {_loop(root)}')
    if len(found) != 1:
        raise UserError(f'{where}: the links {", ".join(found)} have no parent; one must')
    return found[0]


def _loop(root: ET.Element) -> str:
    """Why no link is without parent."""
    parents = {end(joint, 'child'): end(joint, 'parent') for joint in joints_of(root).values()}
    seen: list[str] = []
    at = next(map(name_of, root.iter('link')), '')
    while at and at not in seen:
        seen.append(at)
        at = parents.get(at, '')
    if not at:
        return 'there is no link'
    loop = ' - '.join([*seen[seen.index(at) :], at][::-1])
    return f'the links {loop} are in a loop; remove a joint: one link must have no parent'


def origin_of(element: ET.Element) -> Array:
    """4x4 pose of an element; identity without one."""
    origin = element.find('origin')
    if origin is None:
        return np.eye(4)
    xyz, rpy = (numbers(origin.get(key, '0 0 0')) for key in ('xyz', 'rpy'))
    return geometry.pose_of(geometry.rotation_rpy(rpy), xyz)


def set_origin(element: ET.Element, pose: Array) -> None:
    """Set the pose of an element."""
    origin = element.find('origin')
    if origin is None:
        origin = ET.SubElement(element, 'origin')
    origin.set('xyz', written(pose[:3, 3]))
    origin.set('rpy', written(rpy_of(pose[:3, :3])))


def rpy_of(rotation: Array) -> Array:
    """(3,) rad, roll, pitch and yaw about fixed axes."""
    pitch = np.arctan2(-rotation[2, 0], np.hypot(rotation[0, 0], rotation[1, 0]))
    if abs(np.cos(pitch)) < 1e-9:  # roll and yaw turn about the same axis
        return np.array([0.0, pitch, np.arctan2(-rotation[0, 1], rotation[1, 1])])
    roll = np.arctan2(rotation[2, 1], rotation[2, 2])
    return np.array([roll, pitch, np.arctan2(rotation[1, 0], rotation[0, 0])])


def numbers(text: str) -> Array:
    """The numbers of an attribute."""
    return np.array([float(part) for part in text.split()])


def written(values: Array) -> str:
    return ' '.join(repr(float(value)) for value in values)


def add_link(root: ET.Element, name: str, parent: str, pose: Array) -> None:
    """Add a link without shape, fixed to `parent`."""
    ET.SubElement(root, 'link', {'name': name})
    fix(root, name, parent, pose)


def fix(root: ET.Element, child: str, parent: str, pose: Array) -> None:
    """Add a fixed joint between two links."""
    joint = ET.SubElement(root, 'joint', {'name': f'{parent}-{child}', 'type': 'fixed'})
    ET.SubElement(joint, 'parent', {'link': parent})
    ET.SubElement(joint, 'child', {'link': child})
    set_origin(joint, pose)


def prefixed(root: ET.Element, prefix: str) -> ET.Element:
    """The robot with `prefix` before the names of links, joints and materials."""
    for element in root.iter():
        if element.tag in ('link', 'joint') and 'name' in element.attrib:
            element.set('name', prefix + element.attrib['name'])
        for key in ('link', 'joint'):
            if element.tag in ('parent', 'child', 'mimic') and key in element.attrib:
                element.set(key, prefix + element.attrib[key])
    return root


def lock(joint: ET.Element, position: float) -> None:
    """Make a joint a fixed one at `position` rad or m."""
    kind = joint.get('type', '')
    if kind in MOVABLE:
        axis_element = joint.find('axis')
        axis = np.array([1.0, 0.0, 0.0])
        if axis_element is not None:
            axis = geometry.unit(numbers(axis_element.get('xyz', '1 0 0')))
        motion = np.eye(4)
        if kind == 'prismatic':
            motion[:3, 3] = position * axis
        else:
            motion[:3, :3] = geometry.exp_rotation(position * axis)
        set_origin(joint, origin_of(joint) @ motion)
    joint.set('type', 'fixed')
    for tag in ('axis', 'limit', 'mimic', 'dynamics', 'safety_controller', 'calibration'):
        for element in joint.findall(tag):
            joint.remove(element)


def set_limits(joint: ET.Element, lower: float, upper: float, velocity: float) -> None:
    """Make a joint a bounded one."""
    if joint.get('type') == 'continuous':
        joint.set('type', 'revolute')
    limit = joint.find('limit')
    if limit is None:
        limit = ET.SubElement(joint, 'limit', {'effort': '0', 'velocity': repr(velocity)})
    limit.set('lower', repr(lower))
    limit.set('upper', repr(upper))


def below(root: ET.Element, link: str) -> Iterator[str]:
    """A link and all links that hang on it."""
    children: dict[str, list[str]] = {}
    for joint in joints_of(root).values():
        children.setdefault(end(joint, 'parent'), []).append(end(joint, 'child'))
    waiting = [link]
    while waiting:
        name = waiting.pop()
        yield name
        waiting += children.get(name, [])
