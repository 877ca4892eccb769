"""What the tests of the parser share."""

import pytest

from vla_core.language.instruction import parse
from vla_core.records.scene import Verb


@pytest.fixture
def refusal():
    """A function: why the words are no task. Fails when they are one."""

    def reason_of(words):
        parsed = parse(words)
        assert parsed.task.verb == Verb.UNKNOWN
        return parsed.reason

    return reason_of
