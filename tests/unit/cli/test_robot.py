"""`./vla robot new`: files that are named from any folder."""

import pytest

from vla_cli import robot
from vla_core.errors import UserError
from vla_core.robot.description import packages


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """The working directory of a person, and the root of the stack."""
    here, root = tmp_path / 'here', tmp_path / 'root'
    for folder in (here, root / 'urdf'):
        folder.mkdir(parents=True)
    for module in (robot, packages):
        monkeypatch.setattr(module, 'stack_root', lambda: root)
    monkeypatch.chdir(here)
    return here, root


def test_a_description_beside_the_person_is_named_in_full(folders):
    here, _ = folders
    (here / 'arm.urdf').touch()
    assert robot.typed_file('arm.urdf') == str(here / 'arm.urdf')


def test_one_of_the_stack_stays_relative_wherever_it_is_named_from(folders, monkeypatch):
    _, root = folders
    (root / 'urdf' / 'arm.urdf').touch()
    assert robot.typed_file('urdf/arm.urdf') == 'urdf/arm.urdf'
    monkeypatch.chdir(root / 'urdf')
    assert robot.typed_file('arm.urdf') == 'urdf/arm.urdf'


def test_a_file_that_is_in_neither_is_named_with_both_folders(folders):
    here, root = folders
    with pytest.raises(UserError, match=f'no file gone.urdf; searched {here}, {root}'):
        robot.typed_file('gone.urdf')


def test_a_path_in_a_package_stays(folders):
    assert robot.typed_file('package://ur_description/a.urdf') == 'package://ur_description/a.urdf'
