"""The extractor is selected by a parameter, and a wrong one is a one-line error."""

from types import SimpleNamespace

import pytest

from vla_core.errors import UserError
from vla_core.robot.config import load_robot
from vla_lockstep.stack import load_setup
from vla_monitor.rules.extractor import Written, find_extractor
from vla_monitor.rules.node import RulesNode

MODULE = '''
RULE = """## drop-9: Nothing falls from high

- group: drop
- kind: hard
- response: hold
- formula: `always (chunk_releases implies chunk_person_distance >= 0.40 m)`

What falls from high hurts.
"""


class Reader:
    def extract(self, text, source):
        return RULE if 'high' in text else ''


class Deaf:
    pass
'''


@pytest.fixture
def prose(tmp_path, monkeypatch):
    """A folder with a policy in prose, and a module `reads_prose` that makes a rule of it."""
    (tmp_path / 'reads_prose.py').write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / 'rules'
    folder.mkdir()
    (folder / 'policy.md').write_text('Do not let things fall from high.')
    (folder / 'weights.yaml').write_text("rules: 'e3b0c44298fc1c14'\nweights: {}\n")
    return folder


def configure(**given):
    """Configure a rules node without ROS, as far as the rules are loaded."""
    node = RulesNode.__new__(RulesNode)
    node.parameters = lambda params: params(**given)
    node.subscribe = node.advertise = lambda *more: None
    node.load_robot = load_robot
    said = []
    node.get_logger = lambda: SimpleNamespace(info=said.append)
    node.configure()
    return said


def test_by_default_the_text_is_the_rules():
    assert isinstance(find_extractor('markdown'), Written)


def test_an_extractor_is_named_by_module_and_class(prose):
    assert (
        find_extractor('reads_prose:Reader').extract('from high', 'p.md').startswith('## drop-9')
    )


@pytest.mark.parametrize(
    ('spec', 'said'),
    [
        ('prose', r"no extractor 'prose'; write markdown, or package.module:Class"),
        ('', r"no extractor ''"),
        ('reads_prose:', r"no extractor 'reads_prose:'"),
        (
            'not_there:Reader',
            r"'not_there:Reader' cannot be imported: No module named 'not_there'",
        ),
        ('reads_prose:Writer', r'reads_prose has no Writer'),
        ('reads_prose:Deaf', r'has no method extract'),
    ],
)
def test_a_wrong_choice_is_named(prose, spec, said):
    with pytest.raises(UserError, match=said):
        find_extractor(spec)


def test_the_node_takes_the_extractor_of_its_parameter(prose):
    assert configure(folder=str(prose), extractor='reads_prose:Reader') == [
        '1 rules, proven consistent'
    ]


def test_the_node_does_not_start_without_the_extractor_that_it_was_given(prose):
    with pytest.raises(UserError, match='no extractor'):
        configure(folder=str(prose), extractor='prose')
    with pytest.raises(UserError, match='no rules in'):
        configure(folder=str(prose))


def test_the_other_host_takes_it_from_the_same_file(prose, tmp_path):
    config = tmp_path / 'stack.yaml'
    config.write_text('rules:\n  ros__parameters:\n    extractor: prose\n')
    with pytest.raises(UserError, match='no extractor'):
        load_setup(config=config)
