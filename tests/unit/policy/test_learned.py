"""Features, network and checkpoints; a mismatch is refused."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from toy import scene_of

from vla_core import geometry
from vla_core.errors import UserError
from vla_core.records.action import EE_NAMES, Space
from vla_core.records.scene import Role, Verb
from vla_policy import checkpoint, normalise
from vla_policy.checkpoint_policy import SamplingParams
from vla_policy.decoders.by_name import decoder_of
from vla_policy.experts.planning import plan_step
from vla_policy.image_model import ImageModel
from vla_policy.learned import LearnedPolicy, to_batch
from vla_policy.object_model import ObjectModel, ObjectModelParams
from vla_policy.objects import features
from vla_policy.objects.memory import Memory
from vla_policy.registry import load_policy
from vla_policy.trunk.model import TrunkParams

SENTENCE = np.zeros(384, np.float32)
DECODER = {'name': 'flow', 'steps': 4, 'copies': 1}


class Mute:
    """Stands in for the sentence encoder."""

    def encode(self, text):
        return SENTENCE


def model_params():
    widths = {
        'robot_width': features.ROBOT_WIDTH, 'object_width': features.OBJECT_WIDTH,
        'task_width': features.TASK_WIDTH,
    }  # fmt: skip
    trunk = TrunkParams(28, 4, width=32, heads=4, prefix_layers=1, suffix_layers=1)
    return ObjectModelParams(**widths, trunk=trunk)


def described(toy, memory=None):
    observation = toy.observe()
    return features.describe(observation, (memory or Memory()).update(observation), SENTENCE)


@pytest.fixture
def saved(tmp_path, ur5e):
    torch.manual_seed(0)
    model = ObjectModel(model_params(), decoder_of(DECODER))
    torch.nn.init.normal_(model.trunk.suffix.out.weight, std=0.1)
    rows = tuple((0.0,) * 7 for _ in range(16))
    card = checkpoint.PolicyCard(
        format=checkpoint.FORMAT, tokens='objects', decoder=DECODER,
        inputs={'features': features.SCHEMA}, space=Space.EE_DELTA.name,
        names=EE_NAMES, step=0.1,
        robot=ur5e.name, joint_names=ur5e.joint_names, tip_frame=ur5e.arm.tip_frame,
        mean=rows, spread=tuple((0.1,) * 7 for _ in range(16)), gripper_levels=(0.0, 0.08),
        model=asdict(model.params), weights='', code='abc', data='def', training={},
    )  # fmt: skip
    checkpoint.save(tmp_path, card, model)
    return tmp_path


def test_widths_are_what_they_are_said_to_be():
    inputs = described(scene_of(Verb.PUT_IN, 1))
    assert inputs.robot.shape == (features.ROBOT_WIDTH,)
    assert inputs.objects.shape == (features.MOST_OBJECTS, features.OBJECT_WIDTH)
    assert inputs.present.sum() == 2
    assert np.isfinite(inputs.robot).all()
    assert np.isfinite(inputs.objects).all()
    assert not inputs.objects[2:].any()


def test_colour_is_not_seen():
    toy = scene_of(Verb.PUT_IN, 1, noise=0.0)
    before = described(toy)
    for role, thing in toy.things.items():
        toy.things[role] = replace(thing, colour='purple', label='purple thing')
    after = described(toy)
    np.testing.assert_array_equal(before.objects, after.objects)
    np.testing.assert_array_equal(before.robot, after.robot)


def test_where_the_target_was_at_first_is_remembered():
    toy, memory = scene_of(Verb.PUSH, 1, noise=0.0), Memory()
    first = described(toy, memory)
    target = toy.things[Role.TARGET]
    toy.things[Role.TARGET] = replace(target, position=target.position + [0.0, 0.05, 0.0])
    toy.time = 0.2
    later = described(toy, memory)
    np.testing.assert_allclose(first.robot[-9:], 0.0)
    wanted = features.shown(np.array([0.0, 0.05, 0.0]))
    np.testing.assert_allclose(later.robot[-9:], wanted, atol=1e-6)


def test_rows_of_objects_may_come_in_any_order():
    """Attention is permutation invariant: the order of object rows has no effect."""
    torch.manual_seed(0)
    model = ObjectModel(model_params(), decoder_of(DECODER)).eval()
    torch.nn.init.normal_(model.trunk.suffix.out.weight)
    inputs = described(scene_of(Verb.PUT_IN, 1))
    order = np.array([1, 0, *range(2, features.MOST_OBJECTS)])
    swapped = replace(inputs, objects=inputs.objects[order], present=inputs.present[order])
    noise = torch.randn(1, 16, 7)
    with torch.no_grad():
        a = model.sample(model.encode(to_batch([inputs])), noise)
        b = model.sample(model.encode(to_batch([swapped])), noise)
    torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-4)


def test_rows_that_are_not_objects_do_not_count():
    torch.manual_seed(0)
    model = ObjectModel(model_params(), decoder_of(DECODER)).eval()
    torch.nn.init.normal_(model.trunk.suffix.out.weight)
    inputs = described(scene_of(Verb.PUT_IN, 1))
    junk = inputs.objects.copy()
    junk[5:] = 7.0
    noise = torch.randn(1, 16, 7)
    with torch.no_grad():
        a = model.sample(model.encode(to_batch([inputs])), noise)
        b = model.sample(model.encode(to_batch([replace(inputs, objects=junk)])), noise)
    torch.testing.assert_close(a, b)


def test_candidates_share_the_prefix_and_equal_single_samples(saved, ur5e):
    loaded = checkpoint.load(saved, ur5e, ObjectModel)
    context = loaded.model.encode(to_batch([described(scene_of(Verb.PUT_IN, 1))]))
    noise = torch.randn(3, 16, 7)
    with torch.no_grad():
        together = loaded.model.sample(context, noise)
        alone = [loaded.model.sample(context, noise[k : k + 1]) for k in range(3)]
    torch.testing.assert_close(together, torch.cat(alone), atol=1e-5, rtol=1e-4)


def test_normalising_back_and_forth_changes_nothing(rng):
    chunks = rng.normal(size=(50, 16, 7)) * 0.05
    fitted = normalise.fit(chunks)
    np.testing.assert_allclose(fitted.backward(fitted.forward(chunks)), chunks, atol=1e-12)
    assert np.all(fitted.spread >= normalise.LEAST)
    levels = normalise.Levels((0.0, 0.08))
    snapped = levels.backward(np.full((16, 7), 0.03))
    assert set(snapped[:, -1]) == {0.0}
    np.testing.assert_array_equal(snapped[:, :-1], 0.03)


def test_the_same_seed_gives_the_same_chunks_and_another_gives_others(saved, ur5e):
    observation = scene_of(Verb.PUT_IN, 1).observe()

    def ask(seed):
        policy = LearnedPolicy(checkpoint.load(saved, ur5e, ObjectModel), plan_step, Mute())
        policy.reset('t', 'put it', seed)
        first = policy.act(observation, count=4)
        second = policy.act(replace(observation, stamp=observation.stamp + 0.2))
        return first, second

    (a, later), (b, _), (c, _) = ask(1), ask(1), ask(2)
    for x, y in zip(a.chunks, b.chunks, strict=True):
        np.testing.assert_array_equal(x.values, y.values)
    assert any(np.any(x.values != y.values) for x, y in zip(a.chunks, c.chunks, strict=True))
    assert [chunk.candidate for chunk in a.chunks] == [0, 1, 2, 3]
    assert {chunk.candidates for chunk in a.chunks} == {4}
    assert {chunk.seq for chunk in a.chunks} == {1}
    assert later.chunks[0].seq == 2
    assert a.features.schema.endswith(a.chunks[0].checkpoint)
    assert a.features.feature.shape == (32,)
    assert (a.features.infer_index, later.features.infer_index) == (0, 1)


def test_a_checkpoint_is_for_every_user_of_the_machine(saved):
    modes = {path.name: path.stat().st_mode & 0o777 for path in saved.iterdir()}
    (saved / 'mine').touch()
    usual = (saved / 'mine').stat().st_mode & 0o777
    assert modes == {checkpoint.WEIGHTS: usual, checkpoint.CARD: usual}


def test_a_checkpoint_is_found_by_its_folder(saved, ur5e):
    policy = load_policy(str(saved), ur5e)
    assert policy.info.horizon == 16
    card = json.loads((saved / checkpoint.CARD).read_text())
    assert policy.info.checkpoint == card['weights'][:12]


def change(folder, **values):
    path = folder / checkpoint.CARD
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.mark.parametrize(
    ('values', 'words'),
    [
        ({'joint_names': ['a', 'b']}, 'joint names'),
        ({'tip_frame': 'flange'}, 'tip frame'),
        ({'inputs': {'features': 'objects-0'}}, 'features'),
        ({'inputs': {}}, "inputs or model lack 'features'"),
        ({'tokens': 'object'}, "tokens 'object'; known: objects, patches"),
        ({'model': {}}, "inputs or model lack 'rows_per_token'"),
        ({'names': ['x']}, 'names'),
        ({'space': 'JOINT_POSITION'}, 'space'),
        ({'format': 99}, 'format'),
        ({'mean': [[0.0]]}, 'shape of mean'),
        ({'weights': '0' * 64}, 'hash of policy'),
        ({'surprise': 1}, 'surprise'),
        ({'decoder': {'name': 'flwo'}}, "no decoder 'flwo'; known: flow, regress"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(saved, ur5e, values, words):
    change(saved, **values)
    with pytest.raises(UserError, match=words):
        checkpoint.load(saved, ur5e, ObjectModel)


@pytest.mark.parametrize(
    ('key', 'value', 'words'),
    [
        ('mean', float('nan'), 'the mean of the chunks is not finite'),
        ('spread', 0.0, 'spread of the chunks is not positive'),
        ('spread', float('nan'), 'spread of the chunks is not positive'),
        ('spread', float('inf'), 'spread of the chunks is not positive'),
    ],
)
def test_statistics_that_would_spoil_every_chunk_are_refused(saved, ur5e, key, value, words):
    rows = json.loads((saved / checkpoint.CARD).read_text())[key]
    rows[0][0] = value
    change(saved, **{key: rows})
    with pytest.raises(UserError, match=words):
        checkpoint.load(saved, ur5e, ObjectModel)


@pytest.mark.parametrize('levels', [[float('nan')], [0.0, float('inf')], [0.08, 0.0]])
def test_gripper_levels_that_are_not_finite_and_ascending_are_refused(saved, ur5e, levels):
    change(saved, gripper_levels=levels)
    with pytest.raises(UserError, match=r'gripper levels .* are not finite and ascending'):
        checkpoint.load(saved, ur5e, ObjectModel)


@pytest.mark.parametrize('key', ['mean', 'spread', 'joint_names', 'step', 'code', 'data'])
def test_a_missing_key_is_refused_by_name(saved, ur5e, key):
    path = saved / checkpoint.CARD
    card = json.loads(path.read_text())
    del card[key]
    path.write_text(json.dumps(card))
    with pytest.raises(UserError, match=key):
        checkpoint.load(saved, ur5e, ObjectModel)


def test_missing_or_broken_files_are_refused(saved, ur5e):
    (saved / checkpoint.WEIGHTS).write_bytes(b'junk')
    with pytest.raises(UserError, match=r'hash of policy\.safetensors'):
        checkpoint.load(saved, ur5e, ObjectModel)
    (saved / checkpoint.WEIGHTS).unlink()
    with pytest.raises(UserError, match=r'has no policy\.safetensors'):
        checkpoint.load(saved, ur5e, ObjectModel)


def test_another_robot_is_refused(saved):
    from vla_core.robot.config import load_robot

    with pytest.raises(UserError, match='joint names'):
        checkpoint.load(saved, load_robot('fr3'), ObjectModel)


def test_a_checkpoint_of_another_kind_is_refused(saved, ur5e):
    with pytest.raises(UserError, match='has objects as tokens, which is no ImageModel'):
        checkpoint.load(saved, ur5e, ImageModel)


def test_a_model_of_another_size_than_its_rows_is_refused(saved, ur5e):
    rows = [[0.1] * 7] * 8
    change(saved, mean=rows, spread=rows)
    with pytest.raises(UserError, match=r'chunk of the model is \(16, 7\), expected \(8, 7\)'):
        checkpoint.load(saved, ur5e, ObjectModel)


def test_the_tilt_of_the_tool_is_seen():
    toy = scene_of(Verb.PUT_IN, 1, noise=0.0)
    straight = described(toy).robot
    tilted = geometry.exp_rotation((0.05, 0.0, 0.0)) @ toy.pose[:3, :3]
    toy.pose = geometry.pose_of(tilted, toy.pose[:3, 3])
    assert np.abs(described(toy).robot - straight).max() > 0.1


def test_without_noise_all_candidates_are_equal_and_steps_are_as_given(saved, ur5e):
    loaded = checkpoint.load(saved, ur5e, ObjectModel)
    observation = scene_of(Verb.PUT_IN, 1).observe()

    def chunks(**sampling):
        policy = LearnedPolicy(loaded, plan_step, Mute(), SamplingParams(**sampling))
        return [chunk.values for chunk in policy.act(observation, 3).chunks]

    still = chunks(steps=1, noise=0.0)
    np.testing.assert_array_equal(still[0], still[2])
    usual = chunks()
    assert np.abs(usual[0] - usual[2]).max() > 1e-3
    assert np.abs(chunks(steps=1)[0] - usual[0]).max() > 1e-6
