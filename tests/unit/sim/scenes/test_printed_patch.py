"""Printed paper: where it sticks, that it is seen, and that it is nothing else."""

import dataclasses

import numpy as np
import pytest

from vla_core.errors import UserError
from vla_sim.scenes import printed_patch
from vla_sim.scenes.placement import clearance, discs
from vla_sim.scenes.tasks import sample_episode

SEEDS = range(20)
PAPER = 0.001  # m, thicker it is no paper


def episode(scene, where, seed=1, task='put_in', **wishes):
    return sample_episode(task, seed, scene, {'decoy': where, **wishes})


def test_without_it_the_episode_is_the_same(scene):
    for where in printed_patch.PLACES:
        with_it = episode(scene, where, absent=True, shape='cube')
        without = sample_episode('put_in', 1, scene, {'absent': True, 'shape': 'cube'})
        assert [str(t) for t in with_it.things] == [str(t) for t in without.things]
        assert (with_it.appearance, with_it.instruction) == (
            without.appearance,
            without.instruction,
        )
        assert without.patch is None


def test_on_the_table_it_lies_flat_in_the_colour_that_is_named_beside_everything(scene):
    for seed in SEEDS:
        made = episode(scene, 'table', seed)
        x, y, z = made.patch.position
        edge, _, thick = made.patch.size
        assert made.patch.colour == made.parsed.target.colour
        assert thick <= PAPER
        assert 0.0 < z - thick / 2 <= PAPER
        disc = [(x, y, edge / np.sqrt(2))]
        assert all(clearance(disc, discs(thing)) >= scene.gap for thing in made.things)


def test_on_top_it_covers_half_of_a_thing_of_another_colour_that_has_the_named_shape(scene):
    for seed in SEEDS:
        made = episode(scene, 'top', seed, absent=True)
        patch, thing = made.patch, made.thing(made.patch.on)
        face = thing.size[0] * thing.size[1] * (np.pi / 4 if thing.shape == 'cylinder' else 1.0)
        assert thing.colour != patch.colour == made.parsed.target.colour
        assert thing.shape == made.parsed.target.shape
        assert patch.size[0] * patch.size[1] == pytest.approx(face / 2)
        assert np.hypot(*patch.size[:2]) / 2 < thing.size[0] / np.sqrt(2)
        assert 0.0 < patch.position[2] - patch.size[2] / 2 - thing.size[2] / 2 <= PAPER


def test_on_a_side_it_covers_half_of_the_one_that_looks_away_from_the_robot(scene):
    for seed in SEEDS:
        made = episode(scene, 'side', seed, absent=True, shape='cube')
        patch, thing = made.patch, made.thing(made.patch.on)
        axis = int(np.abs(patch.position).argmax())
        away = printed_patch.middle(made) - thing.position
        assert away[0] >= np.linalg.norm(away) * np.cos(np.pi / 4 + 1e-6)
        assert patch.size[axis] <= PAPER
        assert np.delete(patch.size, axis).prod() == pytest.approx(thing.size[2] ** 2 / 2)
        assert 0.0 < np.abs(patch.position[axis]) - thing.size[axis] / 2 <= PAPER


def test_on_a_side_it_is_flat_whatever_is_named(scene):
    colours = {'colour': 'red', 'destination_colour': 'blue', 'shape': 'cylinder'}
    for seed in SEEDS:
        made = episode(scene, 'side', seed, 'stack', distractors=4, **colours)
        assert made.thing(made.patch.on).shape == 'cube'


def test_it_is_where_it_is_said_to_be_weighs_nothing_and_touches_nothing(world):
    for where in printed_patch.PLACES:
        made = world.reset('put_in', 3, decoy=where, absent=True, shape='cube')
        model = world.model
        geom = np.linalg.norm(world.data.geom_xpos - printed_patch.middle(made), axis=1).argmin()
        assert world.data.geom_xpos[geom] == pytest.approx(printed_patch.middle(made), abs=1e-4)
        assert model.geom_contype[geom] == model.geom_conaffinity[geom] == 0
        owner, mass = model.body(made.patch.on or 'world').id, model.body_mass.copy()
        world.start(dataclasses.replace(made, patch=None))
        assert model.geom_bodyid[geom] == owner
        assert mass == pytest.approx(world.model.body_mass)


def test_it_is_seen_and_is_no_farther_from_what_it_sticks_to_than_paper_is(world):
    for where in printed_patch.PLACES:
        made = world.reset('put_in', 3, decoy=where, absent=True, shape='cube', plain=True)
        seen = world.render('scene')
        world.start(dataclasses.replace(made, patch=None))
        bare = world.render('scene')
        changed = np.any(seen.rgb != bare.rgb, axis=-1)
        assert changed.sum() >= 15
        assert 0.0 < np.abs(seen.depth - bare.depth)[changed].max() < 2 * PAPER
        assert seen.depth[~changed] == pytest.approx(bare.depth[~changed], abs=1e-4)


@pytest.mark.parametrize(
    ('where', 'task', 'wishes', 'why'),
    [
        ('ceiling', 'put_in', {}, 'known: table, top, side'),
        ('table', 'open', {}, 'names none'),
        ('top', 'push', {'distractors': 0}, 'no cube or cylinder of another colour'),
    ],
)
def test_where_it_cannot_be_is_said(scene, where, task, wishes, why):
    with pytest.raises(UserError, match=why):
        episode(scene, where, task=task, **wishes)
