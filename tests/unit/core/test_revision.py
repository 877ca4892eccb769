"""The hash of the uncommitted changes of a checkout."""

import subprocess

import pytest

from vla_core.revision import changes


@pytest.fixture
def tree(tmp_path):
    """A committed tree with src/a.py and a binary file."""

    def git(*words):
        who = ('-c', 'user.name=x', '-c', 'user.email=x@x')
        subprocess.run(['git', '-C', tmp_path, *who, *words], check=True, capture_output=True)

    (tmp_path / 'src').mkdir()
    (tmp_path / 'src/a.py').write_text('a = 1\n')
    (tmp_path / 'image').write_bytes(bytes(range(256)))
    git('init')
    git('add', '.')
    git('commit', '-m', 'first')
    return tmp_path


@pytest.mark.parametrize('name', ['src/a.py', 'image', 'src/new.py'])
def test_the_hash_is_of_the_changes(tree, name):
    assert changes(tree) == ''
    before = (tree / name).read_bytes() if (tree / name).exists() else b''
    (tree / name).write_bytes(before + b'one')
    first = changes(tree)
    assert first == changes(tree) != ''
    (tree / name).write_bytes(before + b'two')
    assert changes(tree) not in ('', first)


def test_files_outside_the_stack_or_outside_git_are_no_change(tree, tmp_path_factory):
    (tree / 'notes').write_text('new, not part of the stack')
    assert changes(tree) == ''
    assert changes(tmp_path_factory.mktemp('bare')) == ''
