"""A qualified result carries its qualification and the command that shows it."""

import pytest

from vla_cli import bench
from vla_report import headlines, results_page
from vla_report.qualifications import QUALIFICATIONS, qualification

RESULT = {
    'name': 'bench-rules', 'command': './vla bench rules', 'commit': 'abc', 'ok': True,
    'machine': {'cpu': 'x', 'cores': 2, 'memory_gb': 1.0, 'gpu': ''},
    'figures': [
        {'name': 'accuracy', 'value': 1.0, 'unit': '', 'bound': None, 'ok': True, 'n': None,
         'low': None, 'high': None},
    ],
}  # fmt: skip


def test_the_sentence_stands_under_the_heading_and_in_the_row_of_the_readme():
    said = qualification('bench-rules')
    assert './vla bench rules --controls' in said
    assert said in results_page.section(RESULT)
    row = next(x for x in headlines.table({'bench-rules': RESULT}).splitlines() if 'rules' in x)
    assert said in row


def test_a_result_without_one_is_printed_alone():
    assert qualification('bench-wire') == ''
    assert 'does not show' not in results_page.section(RESULT | {'name': 'bench-wire'})


@pytest.mark.parametrize('command', [command for _, command in QUALIFICATIONS.values()])
def test_the_command_that_shows_it_exists(command):
    _, verb, *rest = command.split()
    assert verb in ('bench', 'eval')
    if verb == 'eval':
        assert rest == []
        return
    name, *options = rest
    assert name in bench.BENCHES
    if options:
        folder = bench.BENCHES[name][0].rpartition('.')[0]
        assert __import__(f'{folder}.control', fromlist=['run']).run
