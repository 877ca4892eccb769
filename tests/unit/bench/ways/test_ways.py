"""Two ways around a post: demonstrations pass it, a path is judged, the mean hits it."""

import numpy as np
import pytest
import torch

from vla_bench.ways.arrangement import (
    LEFT,
    RADIUS,
    ROWS,
    arrangements,
    clearance,
    demonstrations,
)
from vla_bench.ways.bench import figures
from vla_bench.ways.trial import WaysOutcome, play
from vla_policy.decoders.regress import RegressDecoder


@pytest.fixture
def random():
    return np.random.default_rng(0)


def test_demonstrations_pass_the_post_in_their_shares(random):
    scenes = arrangements(3000, random)
    distance, side = clearance(scenes, demonstrations(scenes, random))
    assert distance.min() > RADIUS
    assert (side > 0.0).mean() == pytest.approx(LEFT, abs=0.03)


def test_a_straight_path_touches_the_post(random):
    scenes = arrangements(50, random)
    t = np.linspace(0.0, 1.0, ROWS)
    straight = t[None, :, None] * (scenes.goal - scenes.start)[:, None]
    distance, _ = clearance(scenes, straight)
    assert distance.max() < RADIUS


def test_the_mean_of_both_ways_goes_through_the_post():
    torch.set_num_threads(1)
    outcome = play(RegressDecoder(is_squared=True), 0, steps=150, scenes=40, samples=1)
    assert outcome.hit.mean() > 0.8


def test_the_share_of_the_worst_training_counts():
    fair = WaysOutcome(np.zeros(1000, bool), np.arange(1000) < 700)
    unfair = WaysOutcome(np.zeros(1000, bool), np.arange(1000) < 800)
    by_name = {f.name: f for f in figures('flow', [fair, fair])}
    assert all(figure.ok for figure in by_name.values())
    by_name = {f.name: f for f in figures('flow', [fair, unfair])}
    assert not by_name['flow: off the share of the demonstrations, worst training'].ok
