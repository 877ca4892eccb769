"""Numbers of a demo: what counts as delivered, what people read."""

import math

import pytest

from vla_cli.demo import latency_warning
from vla_core.result import Figure
from vla_report.figures import Film, cells, percentile


def test_every_picture_that_came_is_a_full_delivery():
    assert Film(tuple(0.1 * k for k in range(11)), 0.1).delivered == pytest.approx(1.0)


def test_a_missing_picture_counts():
    stamps = tuple(0.1 * k for k in range(11) if k not in (3, 7))
    assert Film(stamps, 0.1).delivered == pytest.approx(9 / 11)


def test_pictures_faster_than_asked_for_are_no_more_than_all():
    assert Film((0.0, 0.05, 0.1), 0.1).delivered == 1.0


@pytest.mark.parametrize('stamps', [(), (1.0,)])
def test_hardly_a_picture_is_no_delivery(stamps):
    assert Film(stamps, 0.1).delivered == 0.0


def test_a_percentile_of_nothing_is_no_number():
    assert math.isnan(percentile([], 99))


@pytest.mark.parametrize(
    ('figure', 'read'),
    [
        (Figure('done', 1.0, '', '== 1'), ('yes', '', '')),
        (Figure('done', 0.0, '', '== 1'), ('no', '', '')),
        (Figure('changed', 0.176, 'share of cycles'), ('17.6', '% of cycles', '')),
        (Figure('shutdown', 0.6439, 's', '<= 5'), ('0.644', 's', '<= 5')),
    ],
)
def test_a_figure_reads_well(figure, read):
    assert cells(figure) == read


@pytest.mark.parametrize(('ms', 'is_said'), [(200.0, False), (740.0, True), (math.nan, False)])
def test_a_machine_that_did_not_keep_up_is_named(ms, is_said):
    said = latency_warning((Figure('camera to command, p50', ms, 'ms'),))
    assert ('machine is too slow' in said) == is_said
