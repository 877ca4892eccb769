"""Assembles a robot from its URDF and what is attached to it; takes the meshes out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree as ET

from vla_core import geometry
from vla_core.errors import UserError
from vla_core.frozen import Array
from vla_core.robot.description import urdf_tree as tree
from vla_core.robot.description.packages import find_file
from vla_core.robot.description.urdf_config import UrdfConfig

Colour = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class MeshShape:
    """A mesh of a link: its file, its pose and what it is for."""

    link: str
    path: Path
    scale: tuple[float, float, float]
    link_from_mesh: Array  # 4x4
    is_collision: bool
    rgba: tuple[float, float, float, float] | None  # None: not given


def assembled(urdf: UrdfConfig) -> tuple[ET.Element, list[MeshShape]]:
    """The robot with its attachments, added frames, mimics and capsules; meshes taken out."""
    root, meshes = _part(urdf.file, urdf.args, urdf.package_dirs)
    for part in urdf.attach:
        other, more = _part(part.file, part.args, urdf.package_dirs, part.prefix)
        base = tree.root_link(other, part.file)
        _check_link(root, part.parent, f'attach of {part.file}')
        root.extend(list(other))
        tree.fix(root, base, part.parent, _pose(part.position, part.rpy))
        meshes += more
    links = [tree.name_of(link) for link in root.iter('link')]
    twice = sorted({name for name in links if links.count(name) > 1})
    if twice:
        raise UserError(f'links {", ".join(twice)} are given twice: set a prefix in attach')
    for frame in urdf.frames:
        _check_link(root, frame.parent, f'frame {frame.name}')
        tree.add_link(root, frame.name, frame.parent, _pose(frame.position, frame.rpy))
    _add_mimics(root, urdf)
    _add_capsules(root, urdf)
    return root, meshes


def _pose(position: tuple[float, ...], rpy: tuple[float, ...]) -> Array:
    return geometry.pose_of(geometry.rotation_rpy(rpy), position)


def _check_link(root: ET.Element, link: str, what: str) -> None:
    names = [tree.name_of(element) for element in root.iter('link')]
    if link not in names:
        raise UserError(f'{what}: no link {link!r}; the URDF has {", ".join(names)}')


def _part(
    file: str, args: dict[str, str], dirs: tuple[str, ...], prefix: str = ''
) -> tuple[ET.Element, list[MeshShape]]:
    """One URDF with its links and joints named with `prefix`, and its meshes."""
    path = find_file(file, None, dirs)
    root = tree.read_urdf(path, tuple(sorted(args.items())), dirs)
    if prefix:
        tree.prefixed(root, prefix)
    colours = {tree.name_of(item): _colour(item) for item in root.findall('material')}
    meshes: list[MeshShape] = []
    for link in root.findall('link'):
        meshes += _meshes(link, path.parent, dirs, colours)
        _check_inertia(link)
    return root, meshes


def _meshes(
    link: ET.Element, folder: Path, dirs: tuple[str, ...], colours: dict[str, Colour | None]
) -> list[MeshShape]:
    """Take the meshes of a link out; without any collision shape its visual meshes are those."""
    found: list[tuple[str, MeshShape]] = []
    for kind in ('visual', 'collision'):
        for element in link.findall(kind):
            mesh = element.find('geometry/mesh')
            if mesh is None:
                continue
            x, y, z = tree.numbers(mesh.get('scale', '1 1 1'))
            path = find_file(mesh.get('filename', ''), folder, dirs)
            material = element.find('material')
            rgba = None
            if material is not None:
                rgba = _colour(material) or colours.get(tree.name_of(material))
            pose = tree.origin_of(element)
            shape = MeshShape(tree.name_of(link), path, (x, y, z), pose, kind == 'collision', rgba)
            found.append((kind, shape))
            link.remove(element)
    shapes = [shape for _, shape in found]
    if link.find('collision') is None and all(kind == 'visual' for kind, _ in found):
        shapes += [replace(shape, is_collision=True) for shape in shapes]
    return shapes


def _colour(material: ET.Element) -> Colour | None:
    colour = material.find('color')
    if colour is None:
        return None
    r, g, b, a = tree.numbers(colour.get('rgba', '0.7 0.7 0.7 1'))
    return r, g, b, a


def _check_inertia(link: ET.Element) -> None:
    """Drop an inertia without mass; physics computes one from the shapes."""
    inertial = link.find('inertial')
    if inertial is None:
        return
    mass, inertia = inertial.find('mass'), inertial.find('inertia')
    if mass is None or inertia is None or not float(mass.get('value', '0')) > 0.0:
        link.remove(inertial)


def _add_mimics(root: ET.Element, urdf: UrdfConfig) -> None:
    joints = tree.joints_of(root)
    for mimic in urdf.mimics:
        for name in (mimic.name, mimic.joint):
            if name not in joints:
                raise UserError(f'mimics: no joint {name!r}; the URDF has {", ".join(joints)}')
        for old in joints[mimic.name].findall('mimic'):
            joints[mimic.name].remove(old)
        values = {
            'joint': mimic.joint, 'multiplier': repr(mimic.multiplier),
            'offset': repr(mimic.offset),
        }  # fmt: skip
        ET.SubElement(joints[mimic.name], 'mimic', values)


def _add_capsules(root: ET.Element, urdf: UrdfConfig) -> None:
    """Replace the collision shapes of links by the capsules of the robot file."""
    links = {tree.name_of(link): link for link in root.iter('link')}
    for name in {capsule.link for capsule in urdf.capsules}:
        _check_link(root, name, 'capsules')
        for element in links[name].findall('collision'):
            links[name].remove(element)
    for k, capsule in enumerate(urdf.capsules):
        element = ET.SubElement(links[capsule.link], 'collision', {'name': f'capsule_{k}'})
        tree.set_origin(element, capsule.pose)
        size = {'radius': repr(capsule.radius), 'length': repr(max(capsule.length, 1e-6))}
        ET.SubElement(ET.SubElement(element, 'geometry'), 'cylinder', size)
