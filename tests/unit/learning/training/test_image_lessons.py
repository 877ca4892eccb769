"""Lessons of pictures: batches, augmentation, and a model that gets better on them."""

import numpy as np
import pytest
import torch

from vla_learning.data.image_dataset import ImageDataset, statistics
from vla_learning.training.image_lessons import ImageLessons, PictureAugmentation, augmented
from vla_learning.training.trainer import FitParams, Noise, Trainer
from vla_policy.decoders.flow import FlowDecoder
from vla_policy.image_model import ImageModel, ImageModelParams
from vla_policy.normalise import ChunkNormaliser
from vla_policy.tokens.patches import ViewParams
from vla_policy.trunk.model import TrunkParams

CPU = torch.device('cpu')
COUNT, HORIZON = 40, 4
VIEW = ViewParams('scene', 16, 32, 1, 2, 4)
SIZE = ImageModelParams(
    (VIEW,), 22, trunk=TrunkParams(7, HORIZON, 16, 2, prefix_layers=1, suffix_layers=1)
)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)
    torch.manual_seed(0)


@pytest.fixture
def data():
    """The chunk is a multiple of the brightness of the picture."""
    random = np.random.default_rng(0)
    level = random.uniform(40, 200, COUNT)
    arrays = {
        'pictures scene': (level[:, None, None, None] * np.ones((1, 16, 32, 3))).astype(np.uint8),
        'robot': np.zeros((COUNT, 22), np.float32),
        'chunks': (level[:, None, None] * np.ones((1, HORIZON, 7)) / 1e3).astype(np.float32),
        'places scene': np.zeros((COUNT, 2, 2), np.float32),
        'is_seen scene': np.ones((COUNT, 2), bool),
    }
    return ImageDataset(
        arrays, np.arange(COUNT) % 2, ('one', 'another one'), np.arange(COUNT), 'digest'
    )


def lessons(data, rows=range(COUNT), augmentation=None):
    normaliser = ChunkNormaliser(*statistics(data.arrays['chunks'], 1e-3))
    return ImageLessons(
        data, np.array(rows), normaliser, lambda text: np.ones((len(text.split()), 384), 'f'),
        augmentation, CPU,
    )  # fmt: skip


def test_rows_come_in_the_order_that_was_asked_for(data):
    made = lessons(data)
    batch, chunk, labels = made.pick(np.array([7, 3, 30]), Noise(0, CPU))
    level = batch.pictures['scene'][:, 0, 0, 0] * 255.0
    expected = [data.arrays['pictures scene'][k, 0, 0, 0] for k in (7, 3, 30)]
    assert level.round().tolist() == expected
    assert batch.has_word.sum(1).tolist() == [2, 2, 1]
    assert chunk.shape == (3, HORIZON, 7)
    assert labels.is_seen['scene'].all()


def test_a_label_far_outside_is_clamped(data):
    data.arrays['chunks'][5] = 50.0
    normaliser = ChunkNormaliser(np.zeros((HORIZON, 7)), np.full((HORIZON, 7), 0.1))
    made = ImageLessons(data, np.arange(COUNT), normaliser, lambda _: np.ones((1, 384), 'f'),
                        None, CPU)  # fmt: skip
    assert made.pick(np.array([5]), Noise(0, CPU))[1].abs().max() == 5.0


def test_the_place_moves_with_the_picture():
    picture = torch.zeros(20, 3, 16, 32)
    picture[:, :, 8, 16] = 1.0
    place = torch.tensor([[[2.0 * 16.5 / 32 - 1.0, 2.0 * 8.5 / 16 - 1.0]]]).expand(20, -1, -1)
    only_shift = PictureAugmentation(shift=3, brightness=0.0, contrast=0.0, saturation=0.0)
    made, places = augmented(picture, place, only_shift, torch.Generator().manual_seed(0))
    for k in range(20):
        row, column = np.unravel_index(int(made[k, 0].argmax()), (16, 32))
        across, down = places[k, 0].tolist()
        assert (across + 1.0) / 2.0 * 32 == pytest.approx(column + 0.5, abs=1e-4)
        assert (down + 1.0) / 2.0 * 16 == pytest.approx(row + 0.5, abs=1e-4)
    assert len({tuple(p[0].tolist()) for p in places}) > 5


def test_the_hue_stays():
    picture = torch.tensor([0.6, 0.3, 0.1])[None, :, None, None].expand(8, 3, 16, 16)
    made, _ = augmented(
        picture, torch.zeros(8, 1, 2), PictureAugmentation(), torch.Generator().manual_seed(1)
    )
    assert made.std(0).max() > 0.01
    assert (made[:, 0] > made[:, 1]).all()
    assert (made[:, 1] > made[:, 2]).all()


def test_the_same_noise_gives_the_same_loss(data):
    model, made = (
        ImageModel(SIZE, FlowDecoder()),
        lessons(data, augmentation=PictureAugmentation()),
    )
    rows = torch.arange(8)
    one, other = (float(made.loss(model, rows, Noise(3, CPU).at(5))) for _ in range(2))
    assert one == other


def test_the_trainer_lowers_the_held_out_loss_and_resumes(data, tmp_path):
    torch.manual_seed(0)
    params = FitParams(steps=120, batch=16, warmup=10, rate=3e-3, average=0.9)
    train, held = lessons(data, range(32)), lessons(data, range(32, COUNT))
    trainer = Trainer(ImageModel(SIZE, FlowDecoder()), params, CPU)
    before = trainer.held_out(held)
    while not trainer.is_over:
        loss = trainer.advance(train)
    assert trainer.validate(held, loss) < 0.8 * before
    trainer.save(tmp_path / 'state.pt')
    again = Trainer(ImageModel(SIZE, FlowDecoder()), params, CPU)
    again.resume(tmp_path / 'state.pt')
    assert again.held_out(held) == pytest.approx(trainer.held_out(held))
