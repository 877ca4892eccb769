"""The real loading path of OWLv2, on a tiny model with random weights."""

import numpy as np
import pytest

from vla_core.errors import UserError
from vla_core.robot.config import load_robot
from vla_perception.detection.open_vocabulary import Owl
from vla_perception.grounder import Grounder
from vla_perception.params import GrounderParams, OpenVocabularyParams


@pytest.fixture
def weights(tmp_path):
    import transformers

    letters = [chr(97 + k) for k in range(26)]
    words = ['<|startoftext|>', '<|endoftext|>', *letters, *[f'{c}</w>' for c in letters]]
    tokenizer = transformers.CLIPTokenizer(vocab={w: k for k, w in enumerate(words)}, merges=[])
    tokenizer.save_pretrained(tmp_path)
    small = {'hidden_size': 16, 'intermediate_size': 32, 'num_hidden_layers': 1}
    config = transformers.Owlv2Config(
        text_config={
            **small, 'num_attention_heads': 2, 'vocab_size': len(words), 'bos_token_id': 0,
            'eos_token_id': 1, 'pad_token_id': 1, 'max_position_embeddings': 32,
        },
        vision_config={**small, 'num_attention_heads': 2, 'image_size': 64, 'patch_size': 16},
        projection_dim=16,
    )  # fmt: skip
    transformers.Owlv2ForObjectDetection(config).save_pretrained(tmp_path)
    return tmp_path


@pytest.mark.timeout(600)  # the first import of torch is slow on a busy machine
def test_a_tiny_random_model_loads_and_gives_boxes_with_scores(weights):
    owl = Owl(OpenVocabularyParams(weights=str(weights)))
    rgb = np.random.default_rng(0).integers(0, 255, (240, 320, 3), dtype=np.uint8)

    found = owl.find(rgb, ['a photo of a cube', 'a photo of a ball'])

    assert len(found) == 16  # one per patch
    assert {named.text for named in found} <= {0, 1}
    assert all(0.0 <= named.score <= 1.0 for named in found)
    assert np.isfinite([named.box for named in found]).all()


def grounder_with(weights):
    model = OpenVocabularyParams(weights=str(weights), threshold=1.0)
    params = GrounderParams(detector='open_vocabulary', open_vocabulary=model)
    return Grounder(params, load_robot('ur5e'))


@pytest.mark.timeout(600)
def test_the_model_that_parameters_ask_for_is_asked_about_a_picture(
    weights, ur5e_operator, monkeypatch
):
    asked, find = [], Owl.find
    monkeypatch.setattr(
        Owl, 'find', lambda self, *given: asked.append(given) or find(self, *given)
    )
    world = ur5e_operator.world
    episode = world.reset('put_in', 7, distractors=1)
    grounder = grounder_with(weights)
    grounder.set_task('t', episode.instruction)

    scene = grounder.update(world.render('scene'), world.joint_state(), world.time)

    assert scene.objects
    ((rgb, texts),) = asked
    assert rgb.shape == (240, 320, 3)
    assert len(texts) == 2
    assert all(text.startswith('a photo of ') for text in texts)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ('name', 'said'), [('model.safetensors', 'cannot load'), ('tokenizer.json', 'tokenizer')]
)
def test_a_folder_that_lacks_a_part_is_an_error(weights, name, said):
    (weights / name).unlink()
    with pytest.raises(UserError, match=said):
        grounder_with(weights)


@pytest.mark.timeout(600)
def test_weights_that_lack_a_tensor_are_not_made_up(weights):
    from safetensors.torch import load_file, save_file

    path = weights / 'model.safetensors'
    tensors = load_file(path)
    del tensors['class_head.dense0.weight']
    save_file(tensors, path, {'format': 'pt'})
    with pytest.raises(UserError, match=r'lacks weights: class_head\.dense0\.weight'):
        grounder_with(weights)
