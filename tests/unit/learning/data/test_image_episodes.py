"""Episodes with pictures: what is collected, kept and read again."""

import numpy as np
import pytest

from vla_core.errors import UserError
from vla_learning.data.image_episodes import ImageRecorder, load_episode, save_episode
from vla_lockstep.episode_plan import EpisodePlan
from vla_lockstep.light_loop import LightLoop
from vla_lockstep.stack import load_setup
from vla_policy.experts.scripted import ScriptedPolicy


@pytest.fixture(scope='module')
def collected():
    setup = load_setup('ur5e')
    recorder, loop = ImageRecorder(setup.robot), LightLoop(setup)
    result = loop.run(EpisodePlan('put_in', 3), ScriptedPolicy(), recorder)
    return result, recorder.episode()


def test_every_inference_has_pictures_a_row_and_a_chunk(collected):
    result, episode = collected
    assert len(episode) == result.inferences
    assert episode.pictures['scene'].shape == (len(episode), 64, 128, 3)
    assert episode.pictures['wrist'].shape == (len(episode), 64, 64, 3)
    assert episode.robot.shape == (len(episode), 22)
    assert episode.chunks.shape == (len(episode), 16, 7)
    assert 'in' in episode.instruction


def test_the_place_of_the_target_is_where_its_colour_is_in_the_picture(collected):
    _, episode = collected
    assert episode.is_seen['scene'][0].all()
    for row, word in enumerate(('target', 'destination')):
        across, down = episode.places['scene'][0, row]
        x, y = round((across + 1.0) / 2.0 * 127), round((down + 1.0) / 2.0 * 63)
        patch = episode.pictures['scene'][0, max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
        middle = patch.reshape(-1, 3).mean(0)
        table = np.median(episode.pictures['scene'][0].reshape(-1, 3), 0)
        assert np.abs(middle - table).max() > 20.0, word


def test_an_episode_is_the_same_after_it_was_read_again(collected, tmp_path):
    _, episode = collected
    save_episode(tmp_path / 'a.npz', episode)
    again = load_episode(tmp_path / 'a.npz')
    assert again.instruction == episode.instruction
    for kind in ('pictures', 'places', 'is_seen'):
        for name, part in getattr(episode, kind).items():
            assert np.array_equal(getattr(again, kind)[name], part)
    assert np.array_equal(again.robot, episode.robot)


@pytest.mark.parametrize('content', [b'', b'junk', b'PK\x03\x04junk'])
def test_a_file_that_is_no_episode_is_named(tmp_path, content):
    (tmp_path / 'b.npz').write_bytes(content)
    with pytest.raises(UserError, match=r'b\.npz is no episode'):
        load_episode(tmp_path / 'b.npz')
    with pytest.raises(UserError, match=r'c\.npz is no episode'):
        load_episode(tmp_path / 'c.npz')


def test_an_episode_without_an_inference_is_refused():
    with pytest.raises(ValueError, match='no inference'):
        ImageRecorder(load_setup('ur5e').robot).episode()
