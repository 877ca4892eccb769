"""What a blanked policy is shown."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from vla_core.records.sensing import CameraModel, RgbdFrame
from vla_lockstep.blank import BlankedPolicy

MODEL = CameraModel('optical', 4, 2, 4.0, 4.0, 1.5, 0.5)


class Witness:
    """Keeps what it was given."""

    info = SimpleNamespace(cameras=('scene',))

    def reset(self, task_id, instruction, seed):
        self.instruction = instruction

    def act(self, observation, count=1):
        self.seen, self.count = observation, count


@dataclass(frozen=True)
class Seen:
    """The part of an observation that counts here."""

    instruction: str
    frames: dict[str, RgbdFrame]
    stamp: float = 1.0


@pytest.fixture
def seen():
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    frame = RgbdFrame('scene', 1.0, MODEL, image, np.ones((2, 4), np.float32))
    return Seen('press it', {'scene': frame})


@pytest.mark.parametrize('kind', ['sentence', 'pictures'])
def test_one_thing_is_hidden_and_the_rest_is_passed_on(kind, seen):
    witness = Witness()
    policy = BlankedPolicy(witness, kind)
    policy.reset('t', 'press it', 1)
    policy.act(seen, 3)
    is_hidden = kind == 'sentence'
    assert witness.instruction == witness.seen.instruction == ('' if is_hidden else 'press it')
    assert len(np.unique(witness.seen.frames['scene'].rgb)) == (24 if is_hidden else 1)
    assert (witness.seen.stamp, witness.count) == (1.0, 3)
    assert len(np.unique(seen.frames['scene'].rgb)) == 24


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="'depth' can be blanked; known: sentence, pictures"):
        BlankedPolicy(Witness(), 'depth')
