"""A stored calibration matches its checkpoint, or is refused by name."""

import dataclasses
import json

import numpy as np
import pytest
from attempts import BINDING, features, rollouts

from vla_core.errors import UserError
from vla_monitor.failure import calibration, traces
from vla_monitor.failure.calibration import CARD, WEIGHTS


@pytest.fixture
def folder(tmp_path, made):
    calibration.save(tmp_path, made, 'code', 'data')
    return tmp_path


def edit(folder, **changes):
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps(card | changes))


def test_what_is_saved_scores_as_before(folder, made):
    again = calibration.load(folder)
    for rollout in rollouts(4, seed=3):
        np.testing.assert_allclose(again.head.score(rollout), made.head.score(rollout))
    np.testing.assert_allclose(again.band.threshold(0.15), made.band.threshold(0.15))
    assert again.binding == BINDING
    assert len(again.band_id) == 12


OTHER = {
    'checkpoint': 'ffff',
    'schema': 'flow/norm/last/6/abc',
    'period': 0.1,
    'step': 0.05,
    'horizon': 8,
}


@pytest.mark.parametrize('name', OTHER)
def test_every_difference_is_refused_and_named(folder, name):
    made = calibration.load(folder)
    calibration.require_fit(folder, made, BINDING)
    with pytest.raises(UserError, match=f'{name} is {OTHER[name]}, calibrated for'):
        calibration.require_fit(folder, made, dataclasses.replace(BINDING, **{name: OTHER[name]}))


def test_a_missing_part_is_named(folder):
    (folder / WEIGHTS).unlink()
    with pytest.raises(UserError, match=f'has no {WEIGHTS}'):
        calibration.load(folder)


def test_another_head_is_refused(folder):
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes() + b' ')
    with pytest.raises(UserError, match='hash of head'):
        calibration.load(folder)


def test_a_vacuous_band_is_refused(folder):
    edit(folder, excess=[1.0, 2.0])
    with pytest.raises(UserError, match='vacuous'):
        calibration.load(folder)


def test_other_signals_are_refused(folder):
    edit(folder, signals=['asked'])
    with pytest.raises(UserError, match='another version'):
        calibration.load(folder)


def test_a_width_that_does_not_fit_is_refused(folder):
    edit(folder, width=9)
    with pytest.raises(UserError, match='does not fit'):
        calibration.load(folder)


def test_rollouts_come_back_from_disk(tmp_path):
    kept = rollouts(4)
    rows = []
    for number, rollout in enumerate(kept):
        rollout.save(tmp_path / f'{number}.npz')
        rows.append({
            'key': rollout.key, 'task': rollout.task, 'cause': rollout.cause,
            'success': not rollout.is_failure, 'file': f'{number}.npz',
        })  # fmt: skip
    rows.append({'key': 'never began', 'file': ''})
    about = {'binding': dataclasses.asdict(BINDING)}
    (tmp_path / traces.ABOUT).write_text(json.dumps(about))
    (tmp_path / traces.LOG).write_text('\n'.join(json.dumps(row) for row in rows))
    binding, again = traces.load(tmp_path)
    assert binding == BINDING
    assert [t.is_failure for t in again] == [t.is_failure for t in kept]
    np.testing.assert_array_equal(again[2].feature, kept[2].feature)
    np.testing.assert_allclose(again[2].chunk, kept[2].chunk, atol=1e-4)


def test_a_folder_without_rollouts_says_how_to_make_them(tmp_path):
    with pytest.raises(UserError, match='vla rollouts'):
        traces.load(tmp_path)


def test_rollouts_are_cut_to_the_shortest_of_their_task():
    matched = traces.length_matched(rollouts(24))
    for group in traces.by_task(matched).values():
        assert len({len(t) for t in group}) == 1
    assert features(0).feature.dtype == np.float32
