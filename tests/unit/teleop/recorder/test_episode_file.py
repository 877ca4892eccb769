"""A file has its final name only when it is complete."""

import pytest

from vla_core.errors import UserError
from vla_teleop.recorder.episode_file import EpisodeWriter, RawMessage, read_metadata, read_raw

MESSAGE = RawMessage('/said', 'std_msgs/msg/String', b'\0\1\0\0\3\0\0\0hi\0', 5_000_000_000)


def test_until_it_is_closed_only_the_partial_file_exists(tmp_path):
    writer = EpisodeWriter(tmp_path / 'a.mcap')
    writer.write(MESSAGE)
    assert [p.name for p in tmp_path.iterdir()] == ['a.mcap.partial']
    writer.close(label='success')
    assert [p.name for p in tmp_path.iterdir()] == ['a.mcap']
    assert list(read_raw(tmp_path / 'a.mcap')) == [MESSAGE]
    assert read_metadata(tmp_path / 'a.mcap') == {'label': 'success'}


def test_a_writer_that_crashes_leaves_no_episode(tmp_path):
    def crash():
        with EpisodeWriter(tmp_path / 'a.mcap') as writer:
            writer.write(MESSAGE)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crash()
    assert list(tmp_path.iterdir()) == []


def test_a_truncated_file_is_an_error_that_names_it(tmp_path):
    path = tmp_path / 'a.mcap'
    with EpisodeWriter(path) as writer:
        writer.write(MESSAGE)
        writer.close()
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(UserError, match=r'a\.mcap'):
        list(read_raw(path))


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(UserError, match=r'none\.mcap'):
        read_metadata(tmp_path / 'none.mcap')


def test_an_unknown_type_is_refused_before_anything_is_written(tmp_path):
    with EpisodeWriter(tmp_path / 'a.mcap') as writer, pytest.raises(UserError, match='Nothing'):
        writer.write(RawMessage('/x', 'std_msgs/msg/Nothing', b'', 0))
