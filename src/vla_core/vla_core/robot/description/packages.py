"""Finds robot descriptions and their meshes: package:// paths, absolute and relative paths."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from vla_core.errors import UserError
from vla_core.stack_root import stack_root

PACKAGE = 'package://'
EXTRAS = '.extras'  # folder in the root of the stack with packages installed on demand


def find_file(uri: str, near: Path | None = None, package_dirs: tuple[str, ...] = ()) -> Path:
    """Path of a description or mesh; UserError says where it was searched.

    `near`: folder of the file that refers to it; relative paths start there, else at the root of
    the stack.
    """
    if uri.startswith(PACKAGE):
        name, _, rest = uri.removeprefix(PACKAGE).partition('/')
        return _existing(find_package(name, near, package_dirs) / rest, uri)
    path = Path(uri.removeprefix('file://')).expanduser()
    if path.is_absolute():
        return _existing(path, uri)
    folders = [folder for folder in (near, stack_root()) if folder is not None]
    for folder in folders:
        if (folder / path).exists():
            return (folder / path).resolve()
    raise UserError(f'no file {uri}; searched {", ".join(str(folder) for folder in folders)}')


def find_package(name: str, near: Path | None = None, package_dirs: tuple[str, ...] = ()) -> Path:
    """Folder of a package: of a ROS workspace, a Python package, in `package_dirs`, or a folder
    of that name above `near`."""
    for folder in _candidates(name, near, package_dirs):
        if folder.is_dir():
            return folder
    raise UserError(
        f'no package {name!r}: source its workspace, install it with pip, or name the folder '
        f'that holds it in urdf.package_dirs; ./vla robot install has the public ones'
    )


def _existing(path: Path, uri: str) -> Path:
    if not path.exists():
        raise UserError(f'no file {path}' + (f' ({uri})' if uri != str(path) else ''))
    return path.resolve()


def _candidates(name: str, near: Path | None, package_dirs: tuple[str, ...]) -> Iterator[Path]:
    spellings = dict.fromkeys((name, name.replace('-', '_'), name.replace('_', '-')))
    for prefix in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep):
        if prefix:
            yield Path(prefix) / 'share' / name
    named = [find_file(folder) for folder in package_dirs]
    above = [] if near is None else [near, *near.parents]
    for folder in (*_site_folders(), *named, *above):
        yield from (folder / spelling for spelling in spellings)
    yield from (folder for folder in (*named, *above) if folder.name in spellings)


def _site_folders() -> Iterator[Path]:
    """Folders with Python packages, and with what they install beside them."""
    sites = [Path(entry) for entry in sys.path if entry.endswith('site-packages')]
    for site in (*sorted((stack_root() / EXTRAS).glob('*')), *sites):
        yield from (site / 'cmeel.prefix/share', site)
