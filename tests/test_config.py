"""Every YAML file in config/ goes through the dataclass of who reads it, and every key counts."""

import shutil
from dataclasses import MISSING, fields
from pathlib import Path

import pytest
import yaml

from vla_control.node import ControlNodeParams
from vla_core.errors import UserError
from vla_core.params import from_mapping, load_params, load_yaml
from vla_core.robot.config import RobotConfig
from vla_learning.training.image_config import ImageTraining
from vla_monitor.failure.node import FailureNodeParams
from vla_monitor.rules.node import RulesNodeParams
from vla_monitor.rules.ruleset import load_rules
from vla_monitor.steering.node import VerifierNodeParams
from vla_perception.node import PerceptionNodeParams
from vla_policy.adapters.mapping import PolicyMapping
from vla_policy.node import PolicyNodeParams
from vla_shield.node import ShieldNodeParams
from vla_sim.node import SimNodeParams
from vla_sim.scenes.scene_params import SceneParams
from vla_supervisor.node import SupervisorNodeParams

CONFIG = Path(__file__).resolve().parents[1] / 'config'
NODES = {
    'sim': SimNodeParams,
    'perception': PerceptionNodeParams,
    'policy': PolicyNodeParams,
    'verifier': VerifierNodeParams,
    'failure': FailureNodeParams,
    'rules': RulesNodeParams,
    'control': ControlNodeParams,
    'shield': ShieldNodeParams,
    'supervisor': SupervisorNodeParams,
}
RECORDS = {  # by folder
    'robots': RobotConfig, 'scenes': SceneParams, 'policies': PolicyMapping,
    'training': ImageTraining,
}  # fmt: skip
FILES = sorted(str(path.relative_to(CONFIG)) for path in CONFIG.rglob('*.y*ml'))
OF_NODES = [name for name in FILES if '/' not in name]
OF_GRAPHS = ['stack.yaml', 'robot.yaml']  # with every node; commission.yaml starts two


def nodes_of(path):
    """The parameters of every node in a file; ROS itself would pass over a name it does not
    know."""
    made = {}
    for key, section in load_yaml(path).items():
        name = key.removeprefix('/**/')  # a node of that name in any namespace
        assert name in NODES, f'{path}: there is no node {name!r}'
        assert list(section) == ['ros__parameters'], f'{path}: {name} has {list(section)}'
        given = section['ros__parameters']
        if name == 'supervisor':  # a launch argument
            given = {'e_stop': {'source': 'none'}, **given}
        made[name] = from_mapping(NODES[name], given, f'{path}: {name}')
    return made


def load(path):
    """Read a file as its reader does; a file without one here is an error."""
    if path.name == 'weights.yaml':
        return load_rules(path.parent)
    for folder in path.parts:
        if folder in RECORDS:
            return load_params(RECORDS[folder], path)
    return nodes_of(path)


@pytest.fixture
def changed(tmp_path):
    """Write a file of config/ anew, with something in it changed; return its path."""

    def write(name, change):
        shutil.copytree(CONFIG, tmp_path / 'config')
        path = tmp_path / 'config' / name
        content = load_yaml(path)
        change(content)
        path.write_text(yaml.safe_dump(content, sort_keys=False))
        return path

    return write


def mappings(content, where=()):
    """The way to every mapping in a section of parameters."""
    yield where
    for key, value in content.items():
        if isinstance(value, dict):
            yield from mappings(value, (*where, key))


def places():
    """(file, way to a mapping) of everything that takes only known keys."""
    for name in FILES:
        if name in OF_NODES:
            for node, section in load_yaml(CONFIG / name).items():
                for way in mappings(section['ros__parameters']):
                    yield name, (node, 'ros__parameters', *way)
        else:
            yield name, ()


def required():
    """(file, key) of everything that has no default."""
    for name in FILES:
        record = RECORDS.get(name.split('/')[0])
        for item in fields(record) if record else ():
            if item.default is MISSING and item.default_factory is MISSING:
                yield name, item.name
    yield from (('rules/weights.yaml', key) for key in ('rules', 'weights'))


def at(content, way):
    for key in way:
        content = content[key]
    return content


@pytest.mark.parametrize('name', FILES)
def test_every_file_loads(name):
    assert load(CONFIG / name)


@pytest.mark.parametrize(('name', 'way'), list(places()))
def test_an_unknown_key_is_refused_wherever_it_stands(name, way, changed):
    path = changed(name, lambda content: at(content, way).update(nonsense=1))
    with pytest.raises(UserError, match=r'nonsense|must have the keys'):
        load(path)


@pytest.mark.parametrize(('name', 'key'), list(required()))
def test_a_missing_key_is_refused(name, key, changed):
    path = changed(name, lambda content: content.pop(key))
    with pytest.raises(UserError, match=key):
        load(path)


@pytest.mark.parametrize('name', OF_GRAPHS)
def test_the_failure_detector_expects_inferences_as_often_as_the_policy_makes_them(name):
    nodes = nodes_of(CONFIG / name)
    assert nodes['failure'].period == nodes['policy'].period


@pytest.mark.parametrize('name', OF_GRAPHS)
def test_who_is_brought_up_and_listened_to_is_there(name):
    supervisor = nodes_of(CONFIG / name)['supervisor']
    assert set(supervisor.bring_up.order) <= set(NODES)
    assert set(supervisor.heartbeats.nodes) <= set(supervisor.bring_up.order)


@pytest.mark.parametrize('name', OF_GRAPHS)
def test_a_hand_that_presses_is_drawn_back_before_it_may_try_again(name):
    nodes = nodes_of(CONFIG / name)
    patience = nodes['supervisor'].executive.response.held_patience
    assert patience < nodes['shield'].shield.press_retry_time
