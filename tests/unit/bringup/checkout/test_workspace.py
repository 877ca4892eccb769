"""Which packages of the checkout are built."""

from vla_bringup.checkout import workspace


def names():
    return [path.name for path in workspace.packages()]


def test_a_package_of_others_is_built_where_none_is_installed(monkeypatch):
    monkeypatch.setenv('AMENT_PREFIX_PATH', '')
    monkeypatch.setattr(workspace, 'VENV', workspace.ROOT / 'nowhere')
    assert 'control_msgs' in names()
    assert 'vla_shield' in names()


def test_and_left_out_where_one_is(monkeypatch, tmp_path):
    (tmp_path / 'share' / 'control_msgs').mkdir(parents=True)
    monkeypatch.setenv('AMENT_PREFIX_PATH', f'/nowhere:{tmp_path}')
    assert 'control_msgs' not in names()
    assert 'vla_shield' in names()


def test_the_one_that_was_built_here_is_not_an_installed_one(monkeypatch, tmp_path):
    (tmp_path / 'install' / 'control_msgs' / 'share' / 'control_msgs').mkdir(parents=True)
    monkeypatch.setattr(workspace, 'ROOT', tmp_path)
    monkeypatch.setattr(workspace, 'VENV', tmp_path / '.venv')
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path / 'install' / 'control_msgs'))
    assert workspace.installed_packages() == []
