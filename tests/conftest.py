"""Shared by all tests: one seed, shown when a test that uses it fails."""

import os
import signal

import numpy as np
import pytest

# A shell starts its background jobs with these ignored, and every process of a test would inherit
# that: a command that is to end at Ctrl-C would not.
for number, handler in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The seed of every random case; VLA_SEED=n tries another."""
    value = int(os.environ.get('VLA_SEED', '20260'))
    request.node.user_properties.append(('seed', value))
    print(f'VLA_SEED={value}')  # noqa: T201 - pytest shows it when the test fails
    return value


@pytest.fixture
def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)
