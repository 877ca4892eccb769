"""The real loading path of OWLv2, on a tiny model with random weights."""

import numpy as np
import pytest

from vla_perception.open_vocabulary import OpenVocabularyParams, Owl


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
