"""Places of heat maps as tokens."""

import pytest
import torch

from vla_policy.tokens.places import PlaceTokens


def peaks(*cells, size=(4, 8)):
    """Logits (1, 2, h, w) with the same peaks in both maps."""
    maps = torch.zeros(1, 2, *size)
    for row, column in cells:
        maps[:, :, row, column] = 9.0
    return maps


@pytest.fixture
def tokens():
    torch.manual_seed(0)
    return PlaceTokens(views=2, points=2, width=6)


def test_each_view_gives_one_token(tokens):
    made = tokens([peaks((0, 0)), peaks((1, 1), size=(4, 4))])

    assert made.name == 'places'
    assert made.tokens.shape == (1, 2, 6)
    assert bool(made.present.all())


def test_a_token_says_where_the_peak_is_and_how_sure(tokens):
    seen = []
    tokens.project[0].register_forward_hook(lambda _, given, __: seen.append(given[0][0]))
    wrist = peaks((0, 0), size=(4, 4))
    for scene in (peaks((0, 7)), peaks((3, 0)), peaks((0, 0), (3, 7))):
        tokens([scene, wrist])

    right_top, left_bottom, both = seen
    assert torch.allclose(right_top[:3], torch.tensor([1.0, -1.0, 1.0]), atol=0.02)
    assert torch.allclose(left_bottom[:3], torch.tensor([-1.0, 1.0, 1.0]), atol=0.02)
    assert both[2] < 0.51  # between two places it is not sure


def test_another_place_is_another_token_and_has_a_gradient(tokens):
    maps = peaks((0, 7)).requires_grad_()
    one = tokens([maps, peaks((0, 0), size=(4, 4))]).tokens
    other = tokens([peaks((3, 0)), peaks((0, 0), size=(4, 4))]).tokens
    one.sum().backward()

    assert not torch.allclose(one[:, 0], other[:, 0])
    assert torch.allclose(one[:, 1], other[:, 1])
    assert float(maps.grad.abs().sum()) > 0.0
