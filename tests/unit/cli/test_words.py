"""Invalid arguments are reported in one line before anything starts."""

import pytest

from vla_bringup.checkout.root import ROOT
from vla_bringup.graph.domain import check_domain_number
from vla_bringup.graph.launch_file import load_launch
from vla_bringup.graph.session import check_launch_arguments
from vla_core.errors import UserError


@pytest.mark.parametrize(
    ('given', 'said'),
    [
        ({'robot': 'ur6'}, "no robot 'ur6'; known: fr3, "),
        ({'robot': 'ur5e', 'task': 'juggle'}, "no task 'juggle'; known: put_in"),
        ({'policy': 'nosuch'}, "no policy 'nosuch'; known: scripted"),
    ],
)
def test_a_wrong_word_names_the_known_ones(given, said):
    with pytest.raises(UserError) as error:
        check_launch_arguments(given)
    assert said in str(error.value)
    assert '\n' not in str(error.value)


def test_right_words_pass():
    check_launch_arguments({'robot': 'fr3', 'policy': 'scripted', 'task': 'open', 'seed': '1'})
    check_launch_arguments({'policy': 'checkpoints/tabletop'})


@pytest.mark.parametrize('number', ['233', '-1', 'seven', ''])
def test_a_domain_that_is_none_is_refused(monkeypatch, number):
    monkeypatch.setenv('ROS_DOMAIN_ID', number)
    with pytest.raises(UserError, match='0 to 232'):
        check_domain_number()


def test_a_broken_parameter_file_is_one_error(tmp_path):
    config = tmp_path / 'bad.yaml'
    config.write_text('shield:\n  ros__parameters: {a: [1\n')
    with pytest.raises(UserError, match=r'bad\.yaml:3: is not valid YAML'):
        load_launch(ROOT / 'launch/brain.launch.yaml', {'config': str(config)})
