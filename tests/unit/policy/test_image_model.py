"""The network that looks: what goes in does work, what is missing is named, and it can learn."""

from dataclasses import replace

import pytest
import torch

from vla_policy.decoders.flow import FlowDecoder
from vla_policy.decoders.regress import RegressDecoder
from vla_policy.image_model import GroundLabels, ImageBatch, ImageModel, ImageModelParams
from vla_policy.tokens.patches import ViewParams
from vla_policy.trunk.model import TrunkParams

VIEWS = (
    ViewParams('scene', height=32, width=64, rows=2, columns=4, keypoints=8),
    ViewParams('wrist', height=32, width=32, rows=2, columns=2, keypoints=8),
)
SIZE = ImageModelParams(
    VIEWS, robot_columns=5, trunk=TrunkParams(2, 4, 32, 2, prefix_layers=1, suffix_layers=1)
)


@pytest.fixture(autouse=True)
def one_thread():
    torch.manual_seed(0)
    torch.set_num_threads(1)


def batch(count=2):
    return ImageBatch(
        {v.name: torch.rand(count, 3, v.height, v.width) for v in VIEWS},
        torch.randn(count, 3, 384), torch.ones(count, 3, dtype=torch.bool), torch.randn(count, 5),
    )  # fmt: skip


def shaken(decoder):
    """A model of which every layer does something, also those that begin as zeros."""
    model = ImageModel(SIZE, decoder)
    for parameter in model.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()


@torch.no_grad()
@pytest.mark.parametrize('what', ['scene', 'wrist', 'words', 'robot'])
def test_every_input_reaches_the_chunk(what):
    model, given = shaken(FlowDecoder()), batch()
    noise = torch.randn(2, 4, 2)
    if what in given.pictures:
        other = replace(
            given, pictures={**given.pictures, what: torch.zeros_like(given.pictures[what])}
        )
    else:
        other = replace(given, **{what: torch.zeros_like(getattr(given, what))})
    before, after = (model.sample(model.encode(each), noise) for each in (given, other))
    assert not torch.allclose(before, after, atol=1e-4)


def test_a_missing_picture_is_named():
    given = batch()
    with pytest.raises(KeyError, match='no picture of wrist; given: scene'):
        shaken(FlowDecoder()).encode(replace(given, pictures={'scene': given.pictures['scene']}))


def test_a_view_twice_is_refused():
    with pytest.raises(ValueError, match='each once'):
        replace(SIZE, views=(VIEWS[0], VIEWS[0]))


def test_it_learns_where_a_bright_square_is():
    """The chunk is the place of a square, which only the picture shows."""
    model = ImageModel(SIZE, RegressDecoder())
    optimiser = torch.optim.AdamW(model.parameters(), 1e-3)
    random, still = torch.Generator().manual_seed(1), batch(1)

    def lesson(count):
        wrist = still.pictures['wrist'].expand(count, -1, -1, -1)
        given = ImageBatch(
            {'wrist': wrist}, still.words.expand(count, -1, -1),
            still.has_word.expand(count, -1), still.robot.expand(count, -1),
        )  # fmt: skip
        scene = 0.1 * torch.rand(count, 3, 32, 64, generator=random)
        cells = torch.stack([
            torch.randint(2, 62, (count,), generator=random),
            torch.randint(2, 30, (count,), generator=random),
        ], 1)  # fmt: skip
        for k, (x, y) in enumerate(cells.tolist()):
            scene[k, :, y - 2 : y + 2, x - 2 : x + 2] = 1.0
        place = cells / torch.tensor([31.5, 15.5]) - 1.0
        labels = GroundLabels(
            {v.name: place[:, None].expand(-1, 2, -1) for v in VIEWS},
            {v.name: torch.tensor([[v.name == 'scene', False]]).expand(count, 2) for v in VIEWS},
        )
        given = replace(given, pictures={**given.pictures, 'scene': scene})
        return given, place[:, None].expand(-1, 4, -1), labels

    for _ in range(260):
        given, chunk, labels = lesson(16)
        losses = model.losses(given, chunk, torch.ones_like(chunk), labels)
        optimiser.zero_grad()
        losses['total'].backward()
        optimiser.step()
    given, chunk, _ = lesson(64)
    with torch.no_grad():
        made = model.sample(model.encode(given), torch.zeros_like(chunk))
    assert float((made - chunk).abs().mean()) < 0.2  # 0.5 for the mean of all places
