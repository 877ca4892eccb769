"""The name of what a checkout holds beyond its commit."""

import subprocess

import pytest

from vla_core.revision import changes


@pytest.fixture
def tree(tmp_path):
    """A committed tree with src/a.py and a picture."""

    def git(*words):
        who = ('-c', 'user.name=x', '-c', 'user.email=x@x')
        subprocess.run(['git', '-C', tmp_path, *who, *words], check=True, capture_output=True)

    (tmp_path / 'src').mkdir()
    (tmp_path / 'src/a.py').write_text('a = 1\n')
    (tmp_path / 'picture').write_bytes(bytes(range(256)))
    git('init')
    git('add', '.')
    git('commit', '-m', 'first')
    return tmp_path


@pytest.mark.parametrize('name', ['src/a.py', 'picture', 'src/new.py'])
def test_other_changes_have_another_name_and_the_same_the_same(tree, name):
    assert changes(tree) == ''
    before = (tree / name).read_bytes() if (tree / name).exists() else b''
    (tree / name).write_bytes(before + b'one')
    first = changes(tree)
    assert first == changes(tree) != ''
    (tree / name).write_bytes(before + b'two')
    assert changes(tree) not in ('', first)


def test_what_is_written_elsewhere_or_outside_git_is_no_change(tree, tmp_path_factory):
    (tree / 'notes').write_text('new, and not of the stack')
    assert changes(tree) == ''
    assert changes(tmp_path_factory.mktemp('bare')) == ''
