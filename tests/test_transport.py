"""Transports: shared memory where images pass, else UDP alone (decision 012)."""

import ast
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from vla_bringup.checkout import workspace
from vla_bringup.checkout.host_checks import profile
from vla_control.node import ControlNode
from vla_perception.node import PerceptionNode
from vla_policy.node import PolicyNode
from vla_ros import topics
from vla_ros.transport import LOCALHOST_ONLY, PEERS, PROFILES, RANGE, choose_transport
from vla_shield.node import ShieldNode
from vla_sim.node import SimNode
from vla_supervisor.node import SupervisorNode
from vla_teleop.recorder.node import RecorderNode

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / 'config'
OURS = str(CONFIG / 'fastdds.xml')
FILES = sorted(path.name for path in CONFIG.glob('fastdds*.xml'))


def chosen(images, **env):
    choose_transport(images, env)
    return {Path(env[name]).name for name in PROFILES if name in env}, env.get(RANGE)


def unchanged(env):
    after = dict(env)
    choose_transport(False, after)
    return after == env


def test_only_the_nodes_that_carry_images_have_shared_memory():
    readers = {reader for topic in (topics.COLOUR, topics.DEPTH) for reader in topic.readers}
    assert readers == {'perception'}
    for node in (SimNode, PerceptionNode, RecorderNode):
        assert node.carries_images
    for node in (PolicyNode, ControlNode, ShieldNode, SupervisorNode):
        assert not node.carries_images


@pytest.mark.parametrize('name', FILES)
def test_a_profile_has_the_transports_that_its_name_says(name):
    tree = ET.parse(CONFIG / name)

    def texts(tag):
        return [e.text for e in tree.iter() if e.tag.rpartition('}')[2] == tag]

    assert sorted(texts('type')) == (['SHM', 'UDPv4'] if 'images' in name else ['UDPv4'])
    assert texts('address') == (['127.0.0.1'] * 2 if 'local' in name else [])


@pytest.mark.parametrize(
    ('given', 'images', 'discovery', 'expected'),
    [
        ('fastdds', False, None, 'fastdds'),
        ('fastdds', True, None, 'fastdds_images'),
        ('fastdds', False, 'LOCALHOST', 'fastdds_local'),
        ('fastdds', True, 'LOCALHOST', 'fastdds_images_local'),
        ('fastdds_local', True, 'SYSTEM_DEFAULT', 'fastdds_images_local'),  # started by a client
        ('fastdds_images_local', False, 'SYSTEM_DEFAULT', 'fastdds_local'),
    ],
)
def test_the_profile_follows_from_images_and_range(given, images, discovery, expected):
    env = {PROFILES[0]: str(CONFIG / f'{given}.xml')}
    env |= {} if discovery is None else {RANGE: discovery}
    files, after = chosen(images, **env)
    assert files == {f'{expected}.xml'}
    assert after == ('SYSTEM_DEFAULT' if 'local' in expected else discovery)


@pytest.mark.parametrize('own', ['', '/somewhere/fastdds.xml', str(CONFIG / 'mine.xml')])
def test_a_profile_of_the_users_own_stays(own):
    env = {PROFILES[0]: own, RANGE: 'LOCALHOST'}
    assert chosen(True, **env) == ({Path(own).name}, 'LOCALHOST')


@pytest.mark.parametrize('name', PROFILES)
def test_a_profile_of_the_users_own_in_either_variable_stays(name):
    (other,) = set(PROFILES) - {name}
    for env in ({name: '/own.xml'}, {name: '/own.xml', other: OURS}):
        assert unchanged(env | {RANGE: 'LOCALHOST'})


def test_a_file_of_the_same_name_elsewhere_is_the_users_own(tmp_path):
    own = tmp_path / 'fastdds.xml'
    own.write_text('<profiles/>')
    assert unchanged({PROFILES[0]: str(own)})


@pytest.mark.parametrize(
    ('middleware', 'stays'),
    [
        ('rmw_cyclonedds_cpp', True),
        ('rmw_zenoh_cpp', True),
        ('rmw_fastrtps_cpp', False),
        ('rmw_fastrtps_dynamic_cpp', False),
        ('', False),
    ],
)
def test_another_middleware_keeps_its_discovery_range(middleware, stays):
    env = dict.fromkeys(PROFILES, OURS)
    env |= {'RMW_IMPLEMENTATION': middleware, RANGE: 'LOCALHOST', LOCALHOST_ONLY: '1'}
    assert unchanged(env) == stays


@pytest.mark.parametrize('discovery', [None, 'SUBNET', 'LOCALHOST'])
@pytest.mark.parametrize('peers', ['', '192.0.2.1'])
def test_localhost_only_is_as_the_range_localhost(discovery, peers):
    """Rcl ignores range and peers under ROS_LOCALHOST_ONLY=1, so the variable has to go."""
    env = {**dict.fromkeys(PROFILES, OURS), LOCALHOST_ONLY: '1', PEERS: peers}
    env |= {} if discovery is None else {RANGE: discovery}
    choose_transport(False, env)
    assert env[PROFILES[0]] == str(CONFIG / 'fastdds_local.xml')
    assert env[RANGE] == 'SYSTEM_DEFAULT'
    assert LOCALHOST_ONLY not in env


def test_localhost_only_0_is_not_localhost():
    env = {**dict.fromkeys(PROFILES, OURS), LOCALHOST_ONLY: '0'}
    assert unchanged(env)


def test_static_peers_keep_the_range_localhost():
    assert unchanged({**dict.fromkeys(PROFILES, OURS), RANGE: 'LOCALHOST', PEERS: '192.0.2.1'})


@pytest.mark.parametrize('own', [*[{name: '/own.xml'} for name in PROFILES], {}])
def test_the_checkout_sets_both_profiles_or_neither(own, monkeypatch):
    for name in PROFILES:
        monkeypatch.delenv(name, raising=False)
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    set_by_us = {k: v for k, v in workspace.environment().items() if k in PROFILES}
    assert set_by_us == ({} if own else dict.fromkeys(PROFILES, OURS))
    assert profile().ok == (not own)
    assert all(name in profile().fix for name in own)


def initialising() -> list[Path]:
    files = [path for path in ROOT.glob('src/*/*/**/*.py') if calls(path, 'rclpy.init')]
    assert len(files) >= 4
    return sorted(files)


def calls(path, name):
    """Lines of the calls of `name` in a file."""
    nodes = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
    return [n.lineno for n in nodes if ast.unparse(n.func) == name]


@pytest.mark.parametrize('path', initialising(), ids=lambda path: str(path.relative_to(ROOT)))
def test_who_initialises_rclpy_has_chosen_its_transport(path):
    for line in calls(path, 'rclpy.init'):
        assert any(line - 3 <= chosen < line for chosen in calls(path, 'choose_transport'))
