"""Images go through shared memory, everything else over UDP (decision 012)."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from vla_control.node import ControlNode
from vla_perception.node import PerceptionNode
from vla_policy.node import PolicyNode
from vla_ros import topics
from vla_ros.transport import PROFILES, RANGE, choose_transport
from vla_shield.node import ShieldNode
from vla_sim.node import SimNode
from vla_supervisor.node import SupervisorNode
from vla_teleop.recorder.node import RecorderNode

CONFIG = Path(__file__).resolve().parents[1] / 'config'
FILES = sorted(path.name for path in CONFIG.glob('fastdds*.xml'))


def chosen(images, **env):
    choose_transport(images, env)
    return {Path(env[name]).name for name in PROFILES if name in env}, env.get(RANGE)


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
