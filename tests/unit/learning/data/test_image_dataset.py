"""The joined training set of pictures."""

import numpy as np
import pytest

from vla_core.errors import UserError
from vla_learning.data import collect_pictures
from vla_learning.data.image_dataset import digest_of, open_dataset, statistics
from vla_learning.data.image_episodes import ImageEpisode, load_episode, save_episode


def episode(count, value, text='press the red button'):
    return ImageEpisode(
        text,
        {'scene': np.full((count, 8, 16, 3), value, np.uint8)},
        np.full((count, 22), value, np.float32),
        np.full((count, 16, 7), value, np.float32),
        {'scene': np.zeros((count, 2, 2), np.float32)},
        {'scene': np.ones((count, 2), bool)},
    )


@pytest.fixture
def folder(tmp_path):
    save_episode(tmp_path / 'a.npz', episode(3, 1))
    save_episode(tmp_path / 'b.npz', episode(2, 5, 'push the cube'))
    return tmp_path


def test_episodes_are_joined_in_order_with_their_sentences(folder, tmp_path):
    made = open_dataset([folder], tmp_path / 'cache')
    assert len(made) == 5
    assert made.views == ('scene',)
    assert [made.sentences[k] for k in made.sentence] == (
        ['press the red button'] * 3 + ['push the cube'] * 2
    )
    assert made.episode.tolist() == [0, 0, 0, 1, 1]
    assert made.arrays['pictures scene'][:, 0, 0, 0].tolist() == [1, 1, 1, 5, 5]
    assert isinstance(made.arrays['pictures scene'], np.memmap)


def test_another_set_of_episodes_is_joined_anew_and_the_same_is_not(folder, tmp_path):
    cache = tmp_path / 'cache'
    before = open_dataset([folder], cache)
    stamp = (cache / before.digest / 'robot.npy').stat().st_mtime_ns
    assert open_dataset([folder], cache).digest == before.digest
    assert (cache / before.digest / 'robot.npy').stat().st_mtime_ns == stamp
    save_episode(folder / 'c.npz', episode(4, 7))
    assert len(open_dataset([folder], cache)) == 9


def test_a_joined_set_that_was_interrupted_is_made_again(folder, tmp_path):
    cache = tmp_path / 'cache'
    digest = digest_of(sorted(folder.glob('*.npz')))
    (cache / digest).mkdir(parents=True)
    (cache / digest / 'robot.npy').write_bytes(b'half')
    assert len(open_dataset([folder], cache)) == 5


def test_a_folder_without_episodes_is_named(tmp_path):
    with pytest.raises(UserError, match='has no episode with pictures'):
        open_dataset([tmp_path], tmp_path / 'cache')


def test_a_spread_is_never_below_its_least():
    mean, spread = statistics(np.array([[1.0, 2.0], [1.0, 4.0]]), np.array([0.1, 0.1]))
    assert mean.tolist() == [1.0, 3.0]
    assert spread.tolist() == [0.1, 1.0]


def test_demonstrations_with_pictures_are_collected_and_resumed(tmp_path, capsys):
    given = ('ur5e', ('press',), range(2), tmp_path, 1)
    rows = collect_pictures.collect(*given)
    assert [row['success'] for row in rows] == [True, True]
    path = collect_pictures.episode_path(tmp_path, 'press', 0)
    assert len(load_episode(path)) == rows[0]['inferences']
    stamp = path.stat().st_mtime_ns
    collect_pictures.collect(*given)
    assert path.stat().st_mtime_ns == stamp
