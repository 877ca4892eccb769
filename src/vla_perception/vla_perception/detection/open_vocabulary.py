"""A detector with labels from a zero-shot model (OWLv2) and positions from depth.

A box of the model is matched to the segment that depth finds in the same part of the image. The
model does not change positions, so its boxes need not be exact.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vla_core.errors import UserError
from vla_core.records.scene import ParsedTask, Phrase
from vla_core.stack_root import stack_root
from vla_perception.detection.clusters import ClusterDetector
from vla_perception.detection.protocol import Detection, ObjectDetector, PreparedFrame
from vla_perception.params import GrounderParams, OpenVocabularyParams

Box = tuple[float, float, float, float]  # x0 y0 x1 y1 px
_MEAN = (0.48145466, 0.4578275, 0.40821073)  # of CLIP's training images, as OWLv2 expects
_STD = (0.26862954, 0.26130258, 0.27577711)
TOKENIZERS = ('tokenizer.json', 'vocab.json')  # either will do
_GRAY = 0.5  # OWLv2 pads to a square with this


@dataclass(frozen=True)
class Named:
    """A box in the image, and the index of the text that it matches."""

    text: int  # index
    score: float  # [0, 1]
    box: Box


class ZeroShot(Protocol):
    """Finds boxes for texts in an image."""

    def find(self, rgb: NDArray[np.uint8], texts: list[str]) -> list[Named]: ...


class OpenVocabularyDetector:
    """Detections of the default detector, relabelled where the model matches a task phrase."""

    def __init__(
        self,
        params: GrounderParams,
        model: ZeroShot | None = None,
        inner: ObjectDetector | None = None,
    ) -> None:
        self._params = params.open_vocabulary
        self._model = model or Owl(self._params)
        self._inner = inner or ClusterDetector(params)

    def detect(self, prepared: PreparedFrame, task: ParsedTask) -> list[Detection]:
        """Return the depth detections; matched ones take the phrase's shape and colour."""
        found = self._inner.detect(prepared, task)
        phrases = [phrase for phrase in (task.target, task.destination) if phrase.text]
        if not (phrases and found):
            return found
        texts = [f'a photo of {phrase.text}' for phrase in phrases]
        named = [
            n for n in self._model.find(prepared.rgb, texts) if n.score >= self._params.threshold
        ]
        for best in sorted(named, key=lambda n: n.score):
            k = int(np.argmax([overlap(best.box, detection.box) for detection in found]))
            if overlap(best.box, found[k].box) >= self._params.overlap:
                found[k] = _relabelled(found[k], phrases[best.text], best.score)
        return found


def overlap(a: Box, b: Box) -> float:
    """Return intersection over union of two boxes."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if not (width > 0 and height > 0):
        return 0.0
    area = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return width * height / (sum(area) - width * height)


def _relabelled(detection: Detection, phrase: Phrase, score: float) -> Detection:
    shape, colour = phrase.shape or detection.shape, phrase.colour or detection.colour
    return replace(detection, shape=shape, colour=colour, confidence=score)


def find_weights(spec: str) -> Path:
    """The folder, as given or relative to the root of the stack."""
    for folder in (Path(spec), stack_root() / spec) if spec else ():
        if (folder / 'config.json').is_file():
            return folder
    raise UserError(
        f"no OWLv2 weights at '{spec}' (open_vocabulary.weights): save a model and its tokenizer "
        'there, for example google/owlv2-base-patch16-ensemble'
    )


def load(folder: Path) -> tuple[Any, Any]:
    """Tokenizer and model; UserError for a folder that lacks a part or holds another model."""
    kind = json.loads((folder / 'config.json').read_text()).get('model_type')
    if kind != 'owlv2':
        raise UserError(f"'{folder}' holds a model of type {kind!r}, not 'owlv2'")
    if not any((folder / name).is_file() for name in TOKENIZERS):  # transformers would invent one
        raise UserError(f"'{folder}' lacks a tokenizer ({' or '.join(TOKENIZERS)})")
    from transformers import AutoTokenizer, Owlv2ForObjectDetection

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model, info = Owlv2ForObjectDetection.from_pretrained(
            folder, local_files_only=True, output_loading_info=True
        )
    except (OSError, ValueError) as error:
        raise UserError(f"cannot load '{folder}': {str(error).splitlines()[0]}") from error
    if info['missing_keys']:  # transformers would initialise them at random
        raise UserError(f"'{folder}' lacks weights: {', '.join(sorted(info['missing_keys'])[:3])}")
    return tokenizer, model


class Owl:
    """OWLv2 from a folder; loaded at construction, so that a missing file is an early error."""

    def __init__(self, params: OpenVocabularyParams) -> None:
        folder = find_weights(params.weights)
        import torch

        if params.device != 'cpu' and not torch.cuda.is_available():
            raise UserError(f'device {params.device!r} is not available; available: cpu')
        self._torch: Any = torch
        self._device = params.device
        self._tokenizer, model = load(folder)
        self._model = model.to(params.device).eval()

    def find(self, rgb: NDArray[np.uint8], texts: list[str]) -> list[Named]:
        """Return one box per image patch with its best text and score."""
        longest = self._model.config.text_config.max_position_embeddings
        tokens = self._tokenizer(
            texts, padding='max_length', truncation=True, max_length=longest, return_tensors='pt'
        )
        with self._torch.inference_mode():
            out = self._model(
                input_ids=tokens['input_ids'].to(self._device),
                attention_mask=tokens['attention_mask'].to(self._device),
                pixel_values=self._pixels(rgb).to(self._device),
            )
        scores, text = self._torch.sigmoid(out.logits[0]).max(dim=-1)
        x, y, w, h = (max(rgb.shape[:2]) * out.pred_boxes[0].cpu().numpy()).T
        boxes = np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=1)
        rows = zip(text.tolist(), scores.tolist(), boxes.tolist(), strict=True)
        return [Named(t, s, (b[0], b[1], b[2], b[3])) for t, s, b in rows]

    def _pixels(self, rgb: NDArray[np.uint8]) -> Any:
        """(1, 3, s, s): padded to a square below and right, resized, normalised."""
        side = max(rgb.shape[:2])
        square = np.full((side, side, 3), _GRAY, np.float32)
        square[: rgb.shape[0], : rgb.shape[1]] = rgb / np.float32(255)
        square = (square - np.array(_MEAN, np.float32)) / np.array(_STD, np.float32)
        image = self._torch.from_numpy(square).permute(2, 0, 1)[None]
        size = self._model.config.vision_config.image_size
        resize = self._torch.nn.functional.interpolate
        return resize(image, (size, size), mode='bilinear', antialias=True, align_corners=False)
