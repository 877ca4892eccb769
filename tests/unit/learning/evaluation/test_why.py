"""Which cause makes a failed episode succeed when it is taken away."""

import json

import pytest

from vla_core.errors import UserError
from vla_learning.evaluation import why
from vla_learning.evaluation.suites import SUITES
from vla_learning.evaluation.why import CAUSES, Cause, FailedEpisode, explain, failures, lines

PRESS = next(trial for trial in SUITES['experts'] if trial.name == 'press')


def write(folder, *rows):
    folder.mkdir(parents=True, exist_ok=True)
    made = [
        {'key': f'ur5e/checkpoints/x/{trial}/{seed}', 'made_by': 'x', 'trial': trial,
         'seed': seed, 'success': success, 'text': 'held'}
        for trial, seed, success in rows
    ]  # fmt: skip
    (folder / why.EPISODES).write_text(''.join(json.dumps(row) + '\n' for row in made))


def test_failed_episodes_are_found_with_robot_policy_and_trial(tmp_path):
    folder = tmp_path / 'eval-vision-x'
    write(folder, ('put_in', 5, False), ('push: other', 6, False), ('push', 7, True),
          ('push: no sentence', 8, False))  # fmt: skip
    suite = why.suite_of(folder, '')
    found = failures(folder, suite, '')
    assert [(f.robot, f.policy, f.name) for f in found] == [
        ('ur5e', 'checkpoints/x', 'put_in 5'), ('ur5e', 'checkpoints/x', 'push: other 6'),
    ]  # fmt: skip
    assert [f.name for f in failures(folder, suite, 'put_in')] == ['put_in 5']


def test_a_folder_that_is_no_evaluation_is_named(tmp_path):
    with pytest.raises(UserError, match=r'has no episodes\.jsonl'):
        failures(tmp_path, SUITES['vision'], '')
    with pytest.raises(UserError, match='does not say its suite'):
        why.suite_of(tmp_path / 'mine', '')
    write(tmp_path, ('swim', 5, False))
    with pytest.raises(UserError, match='is not of this suite'):
        failures(tmp_path, SUITES['vision'], 'swim')


def test_what_was_said_names_the_causes_that_helped():
    row = {'episode': 'push 1', 'text': 'held', 'as played': 'held',
           'without': {'latency': 'held', 'shield': 'done', 'seed': 'done'}}  # fmt: skip
    assert 'done without: shield, seed' in lines(row)[1]
    row['without'] = {'latency': 'held'}
    assert 'no single cause' in lines(row)[1]
    assert 'another version' in lines({**row, 'as played': 'done'})[1]


def frozen(run):
    """The shield rejects all."""
    run.shield.on_target = lambda *_: None


def test_an_arm_that_the_shield_may_not_move_is_explained_by_the_shield(monkeypatch):
    by_name = {cause.name: cause for cause in CAUSES}
    shield = by_name['shield']
    without = Cause('shield', '', change=lambda run: (frozen(run), shield.change(run)))
    monkeypatch.setattr(why, 'AS_PLAYED', Cause('', '', change=frozen))
    monkeypatch.setattr(why, 'CAUSES', (without,))
    row = explain(FailedEpisode('ur5e', 'scripted', PRESS, 3, 'held'))
    assert row['as played'] != 'done'
    assert row['without'] == {'shield': 'done'}


def test_true_perception_and_sharp_chunks_do_what_can_be_done(monkeypatch):
    chosen = tuple(cause for cause in CAUSES if cause.name in ('grounding', 'blending', 'noise'))
    monkeypatch.setattr(why, 'CAUSES', chosen)
    monkeypatch.setattr(why, 'AS_PLAYED', Cause('', '', setup=by_latency()))
    row = explain(FailedEpisode('ur5e', 'scripted', PRESS, 4, ''))
    assert row['as played'] == 'done'
    assert row['without'] == {'grounding': 'done', 'blending': 'done'}  # it samples no noise


def by_latency():
    return next(cause.setup for cause in CAUSES if cause.name == 'latency')
