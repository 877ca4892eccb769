"""Packages, environment and set-up stamps of the checkout.

Standard library only: `./vla` reads this before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path

from vla_bringup.checkout.root import ROOT
from vla_ros.transport import PROFILES

OLDEST_PYTHON = (3, 11)  # of the pinned numpy and scipy
VENV = ROOT / '.venv'
PYTHON = VENV / 'bin' / 'python'
ENV_STAMP = VENV / 'vla-environment'
ORIGIN = VENV / 'vla-origin'  # a moved checkout or another Python needs a new .venv
PROFILE = ROOT / 'config' / 'fastdds.xml'  # DDS transports, unless the user has their own
BUILD_STAMP = ROOT / 'install' / 'vla-build'
VERSION = f'{sys.version_info[0]}.{sys.version_info[1]}'
SYSTEM_ROS = os.environ.get('ROS_DISTRO') == 'jazzy'
LISTS = ['base', 'dev'] if SYSTEM_ROS else ['ros-jazzy', 'base', 'dev']
STAND_INS = ('control_msgs',)  # packages of others, of which src/ has what the stack uses
HARMLESS = ('PYTHONDONTWRITEBYTECODE', 'PYTHONUNBUFFERED', 'PYTHONFAULTHANDLER')


def packages() -> list[Path]:
    """Those to build and to use."""
    found = sorted(p.parent for p in ROOT.glob('src/*/package.xml'))
    return [path for path in found if path.name not in installed_packages()]


def installed_packages() -> list[str]:
    """Packages of the checkout that stand in for one that is installed, and are left out then."""
    prefixes = [Path(p) for p in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep) if p]
    others = [VENV, *(prefix for prefix in prefixes if not prefix.is_relative_to(ROOT))]
    return [name for name in STAND_INS if any((p / 'share' / name).is_dir() for p in others)]


def digest(paths: list[Path], *words: str) -> str:
    """Hash of the content of files and of `words`."""
    h = hashlib.sha256('\0'.join(words).encode())
    for path in paths:
        h.update(f'\0{path.relative_to(ROOT)}\0'.encode())
        h.update(path.read_bytes())
    return h.hexdigest()


def environment_key() -> str:
    files = [ROOT / 'requirements' / f'{name}.txt' for name in LISTS]
    return digest(files, VERSION, str(ROOT), str(SYSTEM_ROS))


def build_key(environment: str) -> str:
    """Changes with the interfaces, the packages' build files, and the list of installed files."""
    files = [p for kind in ('msg', 'srv', 'action') for p in ROOT.glob(f'src/*/{kind}/*')]
    for package in packages():
        files += [package / n for n in ('package.xml', 'setup.py', 'setup.cfg', 'CMakeLists.txt')]
    installed = [
        str(p.relative_to(ROOT))
        for d in ('launch', 'config', 'urdf')
        for p in ROOT.glob(f'{d}/**/*')
    ]
    files = sorted(f for f in files if f.is_file())
    return digest(files, environment, *sorted(installed), *(p.name for p in packages()))


def stamp_of(path: Path) -> str:
    return path.read_text() if path.is_file() else ''


def joined(*parts: object) -> str:
    """Paths joined as one variable, without duplicates and empty ones."""
    flat = [x for part in parts for x in str(part).split(os.pathsep) if x]
    return os.pathsep.join(dict.fromkeys(flat))


def may_write(folder: str) -> bool:
    """True when the folder exists, or could be created, and a file can be created in it."""
    try:  # access() always succeeds for root
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def folders_of_libraries() -> dict[str, str]:
    """Variables that lead ROS and numba away from folders that cannot be written."""
    home, own = os.environ.get('HOME', ''), str(ROOT / 'log' / 'ros')
    found = {}
    if not os.environ.get('ROS_HOME') and not (home and may_write(f'{home}/.ros/log')):
        found['ROS_LOG_DIR'] = own if may_write(own) else private_folder('ros-log')
    if not may_write(str(ROOT / 'log')):  # nor beside the sources, where numba keeps machine code
        found['NUMBA_CACHE_DIR'] = private_folder('numba')
    return found


def private_folder(name: str) -> str:
    """Return a folder of this user in the temporary folder, the same one every time."""
    folder = os.path.join(tempfile.gettempdir(), f'vla-{name}-{os.getuid()}')
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return folder if os.stat(folder).st_uid == os.getuid() else tempfile.mkdtemp()


def interpreter() -> dict[str, str]:
    """Variables of the interpreter: text is UTF-8 in every locale, and nothing of the caller's
    changes how Python starts. An empty variable is as good as none."""
    given = {name: '' for name in os.environ if name.startswith('PYTHON')}
    kept = {name: os.environ[name] for name in HARMLESS if name in os.environ}
    return {**given, **kept, 'PYTHONUTF8': '1'}


def environment() -> dict[str, str]:
    """Environment variables of the stack's processes, besides the caller's."""
    ros = SYSTEM_ROS
    old = dict(os.environ) if ros else {}  # another ROS in these paths would conflict
    install = [p for p in (ROOT / 'install' / p.name for p in packages()) if p.exists()]
    sites = ['lib/python3*/site-packages', 'local/lib/python3*/dist-packages']
    built = [x for p in install for site in sites for x in p.glob(site)]
    eggs = [ROOT / 'build' / p.name for p in packages()]  # where colcon keeps the entry points
    wheels = [] if ros else [VENV / 'lib', *VENV.glob('lib/python3*/site-packages/ros_*.libs')]
    has_profile = any(name in os.environ for name in PROFILES)  # one of the user's: neither is set
    defaults = {
        **({} if has_profile else dict.fromkeys(PROFILES, str(PROFILE))),
        'MUJOCO_GL': 'egl',
        'OMP_NUM_THREADS': '1',
        **folders_of_libraries(),
    }
    return {
        **{k: os.environ.get(k) or v for k, v in defaults.items()},
        **interpreter(),
        'MPLBACKEND': 'Agg',  # plots are files
        'VIRTUAL_ENV': str(VENV),
        'PATH': joined(VENV / 'bin', os.environ.get('PATH', os.defpath)),
        'AMENT_PREFIX_PATH': joined(*install, old.get('AMENT_PREFIX_PATH', VENV)),
        'PYTHONPATH': joined(*packages(), *built, *eggs, old.get('PYTHONPATH', '')),
        'LD_LIBRARY_PATH': joined(
            *(p / 'lib' for p in install), *wheels, old.get('LD_LIBRARY_PATH', '')
        ),
        # otherwise the wheels re-execute Python to set these variables
        **({} if ros else {'_ROS_WHEELS_BOOTSTRAP_COMPLETE': '1'}),
    }
