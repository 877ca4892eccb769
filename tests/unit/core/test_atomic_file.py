"""Atomic replacement: the old content or the new, nothing between."""

from pathlib import Path

import pytest

from vla_core.atomic_file import write_atomic


def test_the_content_is_replaced_and_nothing_else_is_left(tmp_path):
    path = tmp_path / 'new' / 'a.json'
    assert write_atomic(path, 'old') == path
    write_atomic(path, b'n\xc3\xa9w')
    assert path.read_text(encoding='utf-8') == 'néw'
    assert list(path.parent.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_content(tmp_path, monkeypatch):
    path = write_atomic(tmp_path / 'a.json', 'old')
    write = Path.write_bytes

    def half(part, content):
        write(part, content[: len(content) // 2])
        raise OSError('disk full')

    monkeypatch.setattr(Path, 'write_bytes', half)
    with pytest.raises(OSError, match='full'):
        write_atomic(path, 'newer')
    assert path.read_text() == 'old'
