"""The folder of a command: created and checked before the work, for one process."""

import os
import subprocess
import sys

import pytest

from vla_core import output_folder
from vla_core.errors import UserError
from vla_core.output_folder import reserved

OTHER = """
import sys
from pathlib import Path
from vla_core.output_folder import reserved
with reserved(Path(sys.argv[1])):
    print('held', flush=True)
    sys.stdin.readline()
"""


def test_a_second_process_is_refused_by_the_id_of_the_first(tmp_path):
    with subprocess.Popen(
        [sys.executable, '-c', OTHER, str(tmp_path)], text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as other:  # fmt: skip
        assert other.stdout.readline() == 'held\n'
        with (
            pytest.raises(UserError, match=f'in use by process {other.pid}: '),
            reserved(tmp_path),
        ):
            pass
        other.kill()
    with reserved(tmp_path):  # the lock ends with its process, however that ends
        pass


def test_an_unused_new_folder_is_removed_and_a_used_one_stays(tmp_path):
    with reserved(tmp_path / 'a' / 'b'):
        assert (tmp_path / 'a' / 'b').is_dir()
    assert not (tmp_path / 'a' / 'b').exists()
    with reserved(tmp_path / 'a'):
        (tmp_path / 'a' / 'result.json').touch()
    assert [path.name for path in (tmp_path / 'a').iterdir()] == ['result.json']


@pytest.mark.parametrize('folder', ['/proc/x', '/dev/null', '/etc/passwd/x'])
def test_a_folder_that_cannot_be_is_named(folder):
    with pytest.raises(UserError, match=f'cannot create the folder {folder}: '):
        reserved(output_folder.Path(folder)).__enter__()


def test_a_folder_that_cannot_be_written_is_named():
    with pytest.raises(UserError, match='cannot write to the folder /proc: '):
        reserved(output_folder.Path('/proc')).__enter__()


def test_a_disk_without_space_is_named(tmp_path, monkeypatch):
    usage = type('Usage', (), {'free': 1000})
    monkeypatch.setattr(output_folder.shutil, 'disk_usage', lambda folder: usage)
    with pytest.raises(UserError, match='no space left on its disk'):
        reserved(tmp_path).__enter__()


def test_nothing_is_left_open(tmp_path):
    before = len(os.listdir('/proc/self/fd'))
    for _ in range(3):
        with reserved(tmp_path):
            pass
    assert len(os.listdir('/proc/self/fd')) == before
