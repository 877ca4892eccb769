"""`./vla docs --keep`: a result is kept under its own name, and replaces no other."""

import json

import pytest

from vla_cli import docs
from vla_core.errors import UserError


@pytest.fixture
def keep(tmp_path, monkeypatch):
    monkeypatch.setattr(docs, 'ROOT', tmp_path)
    monkeypatch.setattr(docs, 'KEPT', tmp_path / 'kept')

    def keep(folder, name):
        (tmp_path / 'out' / folder).mkdir(parents=True)
        (tmp_path / 'out' / folder / 'result.json').write_text(json.dumps({'name': name}))
        docs.keep(folder)
        return [path.name for path in (tmp_path / 'kept').glob('*')]

    return keep


def test_a_result_is_kept_under_its_name(keep):
    assert keep('eval-tabletop', 'eval-tabletop') == ['eval-tabletop.json']


def test_a_first_call_is_kept_beside_the_others(keep):
    assert keep('demo', 'demo-first') == ['demo-first.json']


def test_a_result_of_another_name_than_its_folder_replaces_nothing(keep, tmp_path):
    with pytest.raises(UserError, match=r'is the result of eval-tabletop, and would replace'):
        keep('eval-tabletop-scripted', 'eval-tabletop')
    assert not (tmp_path / 'kept').exists()
