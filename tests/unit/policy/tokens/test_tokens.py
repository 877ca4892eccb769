"""Words, robot and pictures as groups of tokens."""

import numpy as np
import pytest
import torch

from vla_policy.heads.ground import gaussians, heat_map_loss
from vla_policy.tokens.patches import PatchTokens, ViewParams, spatial_softmax
from vla_policy.tokens.robot import RobotToken
from vla_policy.tokens.words import WordTokens, mean_of, padded

WIDTH = 16
VIEW = ViewParams('scene', height=64, width=128, rows=4, columns=8, keypoints=6)


@pytest.fixture(autouse=True)
def one_thread():
    torch.manual_seed(0)
    torch.set_num_threads(1)


def sentence(length, seed=0):
    return np.random.default_rng(seed).normal(size=(length, 384)).astype(np.float32)


def test_sentences_of_any_length_share_a_batch_and_padding_is_not_present():
    states, present = padded([sentence(3), sentence(5)])
    group = WordTokens(WIDTH)(states, present)
    assert group.tokens.shape == (2, 5, WIDTH)
    assert present.sum(1).tolist() == [3, 5]


def test_the_mean_of_words_leaves_padding_out():
    tokens = WordTokens(WIDTH)
    both, one = (tokens(*padded(given)) for given in ([sentence(3), sentence(9)], [sentence(3)]))
    torch.testing.assert_close(mean_of(both)[0], mean_of(one)[0])
    empty = tokens(torch.zeros(1, 2, 384), torch.zeros(1, 2, dtype=torch.bool))
    assert torch.equal(mean_of(empty), torch.zeros(1, WIDTH))


def test_the_robot_is_one_token():
    assert RobotToken(22, WIDTH)(torch.zeros(3, 22)).tokens.shape == (3, 1, WIDTH)


def test_a_picture_is_a_grid_of_tokens_and_one_of_keypoints():
    made, features = PatchTokens(VIEW, WIDTH)(torch.rand(2, 3, 64, 128), torch.zeros(2, WIDTH))
    assert made.name == 'scene'
    assert made.tokens.shape == (2, 33, WIDTH)
    assert features.shape == (2, 128, 8, 16)


def test_pictures_of_another_size_are_refused_with_both():
    with pytest.raises(ValueError, match=r'scene are \(3, 64, 64\), the model has \(3, 64, 128\)'):
        PatchTokens(VIEW, WIDTH)(torch.rand(1, 3, 64, 64), torch.zeros(1, WIDTH))
    with pytest.raises(ValueError, match='height of 60 px is no multiple of 8 px times 4 tokens'):
        ViewParams('wrist', height=60)


def test_the_context_changes_what_is_kept_of_a_picture():
    tokens, picture = PatchTokens(VIEW, WIDTH), torch.rand(1, 3, 64, 128)
    for layer in tokens.layers:
        torch.nn.init.normal_(layer.modulation.weight, std=0.3)
    one, other = (tokens(picture, torch.full((1, WIDTH), value))[0] for value in (0.0, 1.0))
    assert not torch.allclose(one.tokens, other.tokens, atol=1e-3)


@pytest.mark.parametrize(('row', 'column', 'place'), [(0, 0, (-1, -1)), (7, 15, (1, 1))])
def test_the_spatial_softmax_is_where_the_map_is_high(row, column, place):
    maps = torch.zeros(1, 1, 8, 16)
    maps[0, 0, row, column] = 50.0
    torch.testing.assert_close(spatial_softmax(maps)[0, 0], torch.tensor(place).float())


def test_heat_maps_are_learned_where_the_point_is_seen_and_only_there():
    places = torch.tensor([[[-0.5, 0.25], [0.9, -0.9]]])
    label = gaussians(places, (8, 16))
    torch.testing.assert_close(label.sum((-1, -2)), torch.ones(1, 2))
    right, wrong = label.clamp(min=1e-9).log(), torch.zeros(1, 2, 8, 16)
    both, first = torch.tensor([[True, True]]), torch.tensor([[True, False]])
    assert heat_map_loss(right, places, both) < heat_map_loss(wrong, places, both) - 1.0
    spoilt = right.clone()
    spoilt[:, 1] = wrong[:, 1]
    torch.testing.assert_close(
        heat_map_loss(right, places, first), heat_map_loss(spoilt, places, first)
    )
    assert heat_map_loss(right, places, torch.zeros_like(both)) == 0.0
