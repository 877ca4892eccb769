"""Which demonstrations are made, and that an interrupted run is gone on with."""

import argparse

import pytest

from vla_core.errors import UserError
from vla_learning.data import demonstrate


def parse(*words):
    parser = argparse.ArgumentParser()
    demonstrate.add_arguments(parser)
    return parser.parse_args(list(map(str, words)))


@pytest.fixture
def asked(monkeypatch):
    """Everything that would be run."""
    jobs = []
    monkeypatch.setattr(demonstrate, 'run_jobs', lambda todo, *_: jobs.append(todo) or [])
    return jobs


def test_an_interrupted_run_is_gone_on_with_as_it_was_asked_for(tmp_path, asked):
    assert not demonstrate.finish(tmp_path)
    words = ('--tasks', 'press,push', '--episodes', 3, '--seed', 5, '--clean', '--out', tmp_path)
    demonstrate.demonstrate(parse(*words))
    assert demonstrate.finish(tmp_path)
    assert [key for key, _ in asked[0]][:2] == ['ur5e/press/5', 'ur5e/push/5']
    assert len(asked[0]) == 6
    assert asked[1] == asked[0]


def test_what_cannot_be_demonstrated_leaves_no_plan(tmp_path, asked):
    with pytest.raises(UserError):
        demonstrate.demonstrate(parse('--out', tmp_path, '--tasks', 'juggle'))
    assert not demonstrate.finish(tmp_path)
    assert asked == []
