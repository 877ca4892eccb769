"""Checks of the machine and the checkout against the requirements of the stack.

Standard library only, from Python 3.8 on: `./vla doctor` runs before anything is set up.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vla_bringup.checkout.root import ROOT
from vla_bringup.checkout.set_up import LIBRARIES, PROGRAMS, PYTHON_PARTS
from vla_bringup.checkout.variables import CHECKS, is_loadable
from vla_bringup.checkout.workspace import (
    BUILD_STAMP,
    ENV_STAMP,
    OLDEST_PYTHON,
    PROFILE,
    PYTHON,
    SYSTEM_ROS,
    VENV,
    build_key,
    environment_key,
    may_write,
    stamp_of,
)
from vla_core.machine import gpu, processor
from vla_ros.realtime import set_realtime_priority
from vla_ros.transport import PROFILES

OPTIONAL = {
    'moveit_py': ('moveit', 'the adapter in vla_control; needs a full ROS installation'),
    'Nav2': ('nav2_msgs', 'navigation; needs a full ROS installation'),
    'cv_bridge': ('cv_bridge', 'image conversion; needs a full ROS installation'),
    'launch': ('launch_ros', 'ros2 launch; ./vla up has its own runner'),
}
OLDEST = '.'.join(map(str, OLDEST_PYTHON))
RUN_SET_UP = 'run any other command, such as ./vla demo'
NO_REALTIME = 'late cycles on a busy machine; ulimit -r 99, in a container --cap-add=SYS_NICE'
SHM_NEEDED_MB = 64
DISK_NEEDED_GB = 2.0


@dataclass(frozen=True)
class HostFinding:
    """One line of the table; `fix` is the remedy when it is missing."""

    name: str
    ok: bool
    found: str
    fix: str = ''
    is_required: bool = True


def is_inside() -> bool:
    """True in the Python of .venv, which has the installed packages."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def python() -> Iterator[HostFinding]:
    version = '.'.join(str(part) for part in sys.version_info[:3])
    fix = f'Python {OLDEST} or newer first in PATH, as python3'
    yield HostFinding('Python', sys.version_info[:2] >= OLDEST_PYTHON, version, fix)
    for package, is_there in PYTHON_PARTS.items():
        yield HostFinding(package, is_there(), '', f'apt-get install {package}')


def ros() -> Iterator[HostFinding]:
    """Jazzy, sourced or available as wheels; inside .venv rclpy must be importable as well."""
    sourced = os.environ.get('ROS_DISTRO', '')
    other = f'{sourced} is sourced, but not used' if sourced else 'none is sourced'
    found = 'Jazzy is sourced' if SYSTEM_ROS else f'{other}: Jazzy from wheels in .venv'
    if is_inside():
        there = importlib.util.find_spec('rclpy') is not None
        yield HostFinding('ROS 2', there, found, f'remove .venv; {RUN_SET_UP}')
        return
    has_wheels = sys.platform == 'linux' and platform.machine() == 'x86_64'
    fix = f'no wheels for {platform.system()} {platform.machine()}: source ROS 2 Jazzy'
    yield HostFinding('ROS 2', SYSTEM_ROS or has_wheels, found, fix)


def variables() -> Iterator[HostFinding]:
    """Variables of the caller's environment that the stack depends on."""
    unset = []
    for name, check in CHECKS.items():
        fault = check()
        if name in os.environ or fault:
            yield HostFinding(name, not fault, os.environ.get(name, ''), fault)
        else:
            unset.append(name)
    yield HostFinding('not set', True, ', '.join(unset))
    folder = tempfile.gettempdir()
    yield HostFinding('temporary folder', True, f'{folder} (TMPDIR)')
    home = os.environ.get('HOME', '')
    fix = 'ROS logs into the checkout; set HOME to a folder that can be written'
    yield HostFinding('HOME', may_write(home), home or 'not set', fix, is_required=False)


def system() -> Iterator[HostFinding]:
    for library, package in LIBRARIES.items():
        yield HostFinding(library, is_loadable(library), '', f'apt-get install {package}')
    for program in PROGRAMS:
        where = shutil.which(program)
        yield HostFinding(program, where is not None, where or '', f'apt-get install {program}')


def machine() -> Iterator[HostFinding]:
    cores = len(os.sched_getaffinity(0))
    yield HostFinding('CPU', cores >= 2, f'{processor()}, {cores} cores', 'at least two cores')
    yield HostFinding('GPU', gpu() is not None, gpu() or 'none', 'not needed', is_required=False)
    has_permission = is_real_time_allowed()
    yield HostFinding('real-time permission', has_permission, '', NO_REALTIME, is_required=False)
    memory = shutil.disk_usage('/dev/shm') if Path('/dev/shm').is_dir() else None
    free = memory.free // 2**20 if memory else 0
    fix = 'a container needs --shm-size=512m or --ipc=host'
    yield HostFinding('shared memory (DDS)', free >= SHM_NEEDED_MB, f'{free} MB free', fix)
    disk = shutil.disk_usage(ROOT).free / 1e9
    yield HostFinding('disk', disk >= DISK_NEEDED_GB, f'{disk:.0f} GB free', 'free 2 GB')


def is_real_time_allowed() -> bool:
    """Request real-time priority as the nodes do, then restore this thread's scheduling."""
    before, param = os.sched_getscheduler(0), os.sched_getparam(0)
    refusal = set_realtime_priority(1)
    os.sched_setscheduler(0, before, param)
    return not refusal


def checkout() -> Iterator[HostFinding]:
    """Results of the set-up, and whether they match the current checkout."""
    key = environment_key()
    is_whole = stamp_of(ENV_STAMP) == key and PYTHON.exists()
    yield HostFinding('.venv', is_whole, state(VENV, is_whole), RUN_SET_UP)
    is_built = stamp_of(BUILD_STAMP) == build_key(key)
    if is_inside():
        is_built = is_built and importlib.util.find_spec('vla_interfaces') is not None
    yield HostFinding('built workspace', is_built, state(BUILD_STAMP.parent, is_built), RUN_SET_UP)
    yield profile()
    found = sorted(ROOT.glob('checkpoints/*/policy.safetensors'))
    names = ', '.join(path.parent.name for path in found) or 'none'
    yield HostFinding('policy checkpoint', bool(found), names, './vla train', is_required=False)


def profile() -> HostFinding:
    """The DDS profile of the caller, under either name, or that of the stack."""
    files = {name: Path(os.environ[name]) for name in PROFILES if name in os.environ}
    wrong = [name for name, path in files.items() if not path.is_file()]
    names = sorted({path.name for path in files.values()}) or [PROFILE.name]
    fix = f'{" and ".join(wrong)}: not a file'
    return HostFinding('DDS profile', not wrong, ', '.join(names), fix)


def state(folder: Path, is_current: bool) -> str:
    if is_current:
        return f'{folder.name}/ is current'
    return 'out of date or incomplete' if folder.exists() else 'not created yet'


def optional() -> Iterator[HostFinding]:
    for name, (module, what) in OPTIONAL.items():
        there = importlib.util.find_spec(module) is not None
        yield HostFinding(name, there, '', what, is_required=False)
