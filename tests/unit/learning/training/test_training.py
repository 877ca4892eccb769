"""Learning on the toy world: it fits, resumes exactly, stops early, holds episodes out."""

from pathlib import Path

import numpy as np
import pytest
import torch
from toy import scene_of

from vla_core.errors import UserError
from vla_core.records.scene import Verb
from vla_learning.data.augment import AugmentParams, expert_chunk, nearby
from vla_learning.data.dataset import held_out, to_samples
from vla_learning.data.samples import Samples, joined
from vla_learning.training.object_lessons import ObjectLessons
from vla_learning.training.object_training import DECODER, Args, model_params, train
from vla_learning.training.progress import choose_device
from vla_learning.training.trainer import FitParams, Trainer
from vla_policy import checkpoint, normalise
from vla_policy.decoders.by_name import decoder_of
from vla_policy.experts.scripted import ChunkParams, ScriptedPolicy
from vla_policy.object_model import ObjectModel
from vla_policy.objects import features
from vla_policy.objects.memory import Memory

CPU = torch.device('cpu')


def episode(seed, moments=12):
    toy, policy, memory = scene_of(Verb.PUT_IN, seed), ScriptedPolicy(), Memory()
    rows, labels = [], []
    for _ in range(moments):
        observation = toy.observe()
        recall = memory.update(observation)
        sentence = np.full(384, 0.05, np.float32)
        rows.append(features.describe(observation, recall, sentence))
        chunk = policy.act(observation).chunks[0]
        labels.append(chunk.values)
        toy.follow(chunk)
    return to_samples(rows, labels)


@pytest.fixture(scope='module')
def samples():
    return joined([episode(seed) for seed in range(4)])


def model_of(samples, width):
    args = Args(width=width, prefix_layers=1, suffix_layers=1)
    return ObjectModel(model_params(args, samples), decoder_of(DECODER))


def trainer_for(samples, **changes):
    torch.manual_seed(0)
    params = {'steps': 60, 'batch': 16, 'warmup': 5, 'check_every': 10, **changes}
    model = ObjectModel(
        model_params(Args(width=32, prefix_layers=1, suffix_layers=1), samples),
        decoder_of(DECODER),
    )
    return Trainer(model, FitParams(**params), CPU)


def table_of(samples):
    return ObjectLessons(samples, normalise.fit(samples.chunk.astype(np.float64)), CPU)


def test_the_loss_falls(samples):
    trainer, table = trainer_for(samples, steps=150, rate=3e-3), table_of(samples)
    losses = [trainer.advance(table) for _ in range(150)]
    assert np.mean(losses[-20:]) < 0.6 * np.mean(losses[:10])


def test_an_interrupted_run_continues_as_if_it_had_not_been(samples, tmp_path):
    table = table_of(samples)
    whole = trainer_for(samples)
    for _ in range(6):
        whole.advance(table)
    first = trainer_for(samples)
    for _ in range(3):
        first.advance(table)
    first.validate(table, 0.5)
    first.seconds = 7.0
    first.save(tmp_path / 'state.pt')
    second = trainer_for(samples)
    second.resume(tmp_path / 'state.pt')
    assert second.step == 3
    assert second.history == first.history
    assert second.seconds == 7.0
    for _ in range(3):
        second.advance(table)
    for a, b in zip(whole.model.parameters(), second.model.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-5)


def test_a_state_of_another_model_is_refused(samples, tmp_path):
    trainer_for(samples).save(tmp_path / 'state.pt')
    other = ObjectModel(
        model_params(Args(width=64, prefix_layers=1, suffix_layers=1), samples),
        decoder_of(DECODER),
    )
    with pytest.raises(UserError, match='another model'):
        Trainer(other, FitParams(), CPU).resume(tmp_path / 'state.pt')


def test_it_stops_when_the_held_out_loss_no_longer_falls(samples):
    trainer, table = trainer_for(samples, patience=2), table_of(samples)
    for _ in range(3):
        trainer.validate(table, 1.0)
    assert trainer.since_best == 2
    assert trainer.is_over
    assert trainer.step == 0


def test_the_best_weights_are_kept_not_the_last(samples):
    trainer, table = trainer_for(samples), table_of(samples)
    trainer.validate(table, 1.0)
    kept = {k: v.clone() for k, v in trainer.best.state_dict().items()}
    with torch.no_grad():
        trainer.average.trunk.suffix.out.bias.fill_(50.0)
    trainer.validate(table, 1.0)
    for name, value in trainer.best.state_dict().items():
        torch.testing.assert_close(value, kept[name])


def test_whole_episodes_are_held_out():
    episode_of = np.repeat(np.arange(10), 7)
    out = held_out(episode_of, 0.2, seed=1)
    assert sorted(set(out.reshape(10, 7).sum(1))) == [0, 7]
    assert out.sum() == 14
    assert np.array_equal(out, held_out(episode_of, 0.2, seed=1))


def test_samples_survive_the_disk(samples, tmp_path):
    samples.save(tmp_path / 'a.npz', {'hash': 'x'})
    again, about = Samples.load(tmp_path / 'a.npz')
    assert about == {'hash': 'x'}
    np.testing.assert_array_equal(again.chunk, samples.chunk)
    before, after = samples.sentences[samples.sentence], again.sentences[again.sentence]
    np.testing.assert_array_equal(after, before)
    assert len(samples.sentences) == 1
    assert set(samples.episode) == {0, 1, 2, 3}


def test_a_copy_nearby_is_labelled_by_what_the_expert_would_do_there(rng):
    toy, memory = scene_of(Verb.PUT_IN, 1), Memory()
    observation = toy.observe()
    recall = memory.update(observation)
    other, remembered = nearby(observation, recall, AugmentParams(tool=0.02), rng)
    shift = other.base_from_tcp[:3, 3] - observation.base_from_tcp[:3, 3]
    assert 1e-4 < np.linalg.norm(shift) < 0.4
    wanted = expert_chunk(observation, recall, ChunkParams())
    got = expert_chunk(other, remembered, ChunkParams())
    assert got.shape == wanted.shape == (16, 7)
    assert not np.allclose(got, wanted)
    np.testing.assert_allclose(got[0, :6], 0.0, atol=1e-9)


def test_training_writes_a_checkpoint_that_loads_and_a_result(samples, tmp_path, ur5e):
    args = Args(
        out=str(tmp_path / 'run'), checkpoint=str(tmp_path / 'checkpoint'), steps=4, batch=8,
        held_out=0.25, width=32, prefix_layers=1, suffix_layers=1,
    )  # fmt: skip
    result = train(args, samples, 'data', CPU)
    assert result.ok
    assert (Path(args.out) / 'result.json').is_file()
    assert (Path(args.out) / 'loss.png').is_file()
    loaded = checkpoint.load(Path(args.checkpoint), ur5e, ObjectModel)
    assert loaded.card.data == 'data'
    assert loaded.card.training['steps_done'] == 4
    assert loaded.card.gripper_levels == (0.0, 0.08)


def test_the_time_of_all_sittings_is_counted_against_an_hour(samples, tmp_path):
    def sit(steps):
        args = Args(
            out=str(tmp_path), checkpoint=str(tmp_path / 'checkpoint'), steps=steps, batch=8,
            held_out=0.25, width=32, prefix_layers=1, suffix_layers=1,
        )  # fmt: skip
        result = train(args, samples, 'data', CPU)
        return next(f for f in result.figures if f.name.startswith('time to train'))

    first = sit(2)
    assert 0.0 < first.value < 1.0
    assert (first.unit, first.bound) == ('min', '<= 60')
    state = torch.load(tmp_path / 'state.pt', weights_only=True)
    torch.save({**state, 'seconds': 3599.9}, tmp_path / 'state.pt')
    assert sit(2).value == pytest.approx(3599.9 / 60.0)
    assert sit(40).value > 3599.9 / 60.0
    del state['seconds']
    torch.save(state, tmp_path / 'state.pt')
    assert not sit(2).ok


def test_a_gpu_that_is_not_there_is_an_error():
    if torch.cuda.is_available():
        pytest.skip('a GPU is here: that it is absent cannot be shown')
    with pytest.raises(UserError, match='--device cpu'):
        choose_device('cuda')
    assert choose_device('auto') == CPU
