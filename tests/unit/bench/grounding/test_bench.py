"""Shares of the grounding bench gate their intervals; objects of one scene are one cluster."""

import pytest

from vla_bench.grounding.bench import figures_of, status_figure
from vla_bench.grounding.trial import GroundingOutcome
from vla_core.interval import wilson
from vla_core.records.scene import TargetStatus


def outcome(right=4, spurious=0):
    return GroundingOutcome(
        TargetStatus.PRESENT, True, objects=4, right_shapes=right, right_colours=4,
        spurious=spurious, position_errors=[0.001], box_errors=[0.001], part_errors=[0.001],
        yaw_errors=[0.0], latencies=[0.001],
    )  # fmt: skip


def of(name, outcomes):
    return next(figure for figure in figures_of(outcomes) if figure.name == name)


def test_few_scenes_without_an_error_are_not_enough():
    assert not status_figure([outcome()] * 60, 'present').ok
    assert status_figure([outcome()] * 130, 'present').ok


def test_objects_of_one_scene_count_as_one_cluster():
    colours = of('right colours', [outcome()] * 100)
    assert (colours.n, colours.low, colours.ok) == (400, pytest.approx(wilson(100, 100)[0]), False)
    assert of('right colours', [outcome()] * 400).ok
    shapes = of('right shapes', [outcome()] * 99 + [outcome(right=0)])
    assert shapes.value == pytest.approx(0.99)
    assert shapes.low < 0.975  # a scene of four errors; as 396 of 400 it would be 0.975


def test_no_spurious_object_is_allowed_in_any_scene():
    name = 'scenes with a spurious object'
    assert of(name, [outcome()] * 10).ok
    assert not of(name, [outcome()] * 1000 + [outcome(spurious=1)]).ok
