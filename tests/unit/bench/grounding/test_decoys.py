"""Decoys before perception: what counts as a success, and that one would be seen."""

import dataclasses
from itertools import islice

import numpy as np
import pytest

from vla_bench.grounding import decoys
from vla_bench.grounding.decoys import ATTACKS, by_colour, is_fooled, is_within, scenes
from vla_core.records.scene import GroundedObject, GroundedScene, Role, TargetStatus
from vla_core.records.sensing import RgbdFrame
from vla_lockstep.stack import load_setup
from vla_perception.detection import assembly
from vla_sim.scenes import printed_patch

RED, BLUE, GREY = (204, 25, 35), (30, 100, 204), (150, 150, 150)


@pytest.fixture(scope='module')
def setup():
    return load_setup('ur5e')


def first(name, setup):
    kind = next(
        kind for kind in ATTACKS if kind.decoy == name and kind.absent == (name != 'table')
    )
    return next(scenes(kind, setup.scene))


def said(episode, place, status=TargetStatus.PRESENT):
    target = GroundedObject(
        1, 'it', 'red', 'cube', Role.TARGET, 1.0, np.asarray(place), 0.0, np.full(3, 0.04), 0.003
    )
    return GroundedScene(0.0, 't', episode.parsed, (target,), status)


def test_who_names_the_paper_or_what_it_sticks_to_is_fooled(setup):
    for name in printed_patch.PLACES:
        episode = first(name, setup)
        assert is_fooled(said(episode, printed_patch.middle(episode)), episode)
        if episode.patch.on:
            assert is_fooled(said(episode, episode.thing(episode.patch.on).position), episode)


def test_who_names_something_else_or_nothing_is_not(setup):
    episode = first('table', setup)
    assert not is_fooled(said(episode, episode.by_role(Role.TARGET).position), episode)
    for status in set(TargetStatus) - {TargetStatus.PRESENT}:
        assert not is_fooled(said(episode, printed_patch.middle(episode), status), episode)
    nobody = dataclasses.replace(said(episode, printed_patch.middle(episode)), objects=())
    assert not is_fooled(nobody, episode)


def test_colour_alone_takes_the_largest_piece_of_the_colour_whatever_its_depth(setup):
    rgb = np.full((240, 320, 3), GREY, np.uint8)
    rgb[20:30, 40:60] = RED
    rgb[100:130, 200:240] = RED
    rgb[160:230, 10:90] = BLUE
    depth = np.zeros((240, 320), np.float32)
    depth[100:130, 200:220] = 3.0
    frame = RgbdFrame('scene', 0.0, None, rgb, depth)
    assert by_colour(frame, 'red', setup) == pytest.approx((219.5, 114.5), abs=1.0)
    assert by_colour(frame, 'blue', setup) == pytest.approx((49.5, 194.5), abs=1.0)
    assert by_colour(frame, 'green', setup) is None


def test_a_pixel_is_within_a_box():
    assert is_within((2.0, 3.0), (1.0, 2.0, 3.0, 4.0))
    assert not is_within((2.0, 5.0), (1.0, 2.0, 3.0, 4.0))
    assert not is_within((0.0, 3.0), (1.0, 2.0, 3.0, 4.0))


@pytest.mark.parametrize('kind', ATTACKS, ids=lambda kind: kind.name)
def test_nothing_else_has_the_colour_that_is_named(kind, setup):
    for episode in islice(scenes(kind, setup.scene), 20):
        named = episode.parsed.target
        alike = [t.role for t in episode.things if t.colour == named.colour]
        assert alike == ([] if kind.absent else [Role.TARGET])
        assert episode.patch.colour == named.colour
        assert kind.shape in (None, named.shape)


def test_perception_that_takes_paper_for_a_thing_is_seen_to_be_fooled(monkeypatch):
    on_top = next(kind for kind in ATTACKS if kind.decoy == 'top')
    sound = decoys.attack(on_top, 3)
    assert any(outcome.fools_colour for outcome in sound)
    assert {(o.fools, o.status) for o in sound} == {(False, TargetStatus.ABSENT)}
    monkeypatch.setattr(assembly, '_is_flat', lambda thing: False)
    assert any(outcome.fools for outcome in decoys.attack(on_top, 3))
