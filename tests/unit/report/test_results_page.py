"""The page of kept results: machine, intervals, gates."""

import json

import pytest

from vla_core.result import Figure, Result, share
from vla_report import results_page

OLD_MACHINE = {'cpu': 'a cpu', 'cores': 2, 'memory_gb': 8.0, 'gpu': None}


def content(figure, machine=OLD_MACHINE):
    made = Result('demo', './vla demo', (figure,), 'abc', machine)
    return json.loads(json.dumps(made.as_dict()))


def test_the_machine_is_shown_with_its_speed_where_it_was_measured():
    figure = Figure('x', 1.0)
    assert 'at abc, a cpu, 2 cores, 8.0 GB, no GPU, made before python_ms' in results_page.page(
        [content(figure)]
    )
    made = content(figure, {**OLD_MACHINE, 'python_ms': 3.1415})
    assert 'a cpu, 2 cores, 8.0 GB, no GPU, python_ms 3.14\n' in results_page.page([made])


@pytest.mark.parametrize(
    ('bound', 'cells'),
    [
        ('>= 0.9', '| **0.8882** to 0.9785 | 100 | >= 0.9 | **no** |'),
        ('<= 0.98', '| 0.8882 to **0.9785** | 100 | <= 0.98 | ok |'),
        ('== 0.95', '| 0.8882 to 0.9785 | 100 | == 0.95 | ok |'),
        (None, '| 0.8882 to 0.9785 | 100 |  |  |'),
    ],
)
def test_the_interval_end_that_the_bound_gates_is_bold(bound, cells):
    assert results_page.row(content(share('x', 95, 100, bound))['figures'][0]).endswith(cells)


def test_a_figure_of_before_the_gates_is_shown():
    figure = content(share('x', 95, 100, '>= 0.9'))['figures'][0]
    del figure['gate']
    assert '| 0.8882 to 0.9785 |' in results_page.row(figure)


def test_a_figure_without_an_interval_has_an_empty_cell():
    assert (
        results_page.row(content(Figure('x', 1.0, 's', n=3))['figures'][0])
        == '| x | 1 s |  | 3 |  |  |'
    )
