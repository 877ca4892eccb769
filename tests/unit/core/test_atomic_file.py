"""Files that are there whole or not at all."""

from pathlib import Path

import pytest

from vla_core.atomic_file import write_atomic


def test_what_is_written_takes_the_place_of_the_old_and_leaves_nothing_else(tmp_path):
    path = tmp_path / 'new' / 'a.json'
    assert write_atomic(path, 'old') == path
    write_atomic(path, b'n\xc3\xa9w')
    assert path.read_text(encoding='utf-8') == 'néw'
    assert list(path.parent.iterdir()) == [path]


def test_what_breaks_off_leaves_the_old(tmp_path, monkeypatch):
    path = write_atomic(tmp_path / 'a.json', 'old')
    whole = Path.write_bytes

    def half(part, content):
        whole(part, content[: len(content) // 2])
        raise OSError('disk full')

    monkeypatch.setattr(Path, 'write_bytes', half)
    with pytest.raises(OSError, match='full'):
        write_atomic(path, 'newer')
    assert path.read_text() == 'old'
