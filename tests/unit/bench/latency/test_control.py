"""Lost images are noticed."""

from argparse import Namespace

import numpy as np
import pytest

from vla_bench.latency import control
from vla_core.errors import UserError
from vla_report.figures import Film

PERIOD = 0.1  # s


def film(n):
    return Film(tuple(PERIOD * np.arange(n)), PERIOD)


def test_every_second_image_lost_misses_the_claim_s_bound():
    claim, half = control.figures_of([film(100), film(200)])
    assert (claim.value, claim.n, claim.bound, claim.ok) == (1.0, 300, '>= 0.95', True)
    assert (half.value, half.bound, half.ok) == (pytest.approx(0.5, abs=0.01), '< 0.95', True)


def test_without_loss_the_control_does_not_fail_and_its_bound_says_so():
    one = Film((0.0, PERIOD), PERIOD)  # the second of two is lost: one image of one
    assert not control.figures_of([one] * 200)[1].ok


def test_without_recordings_it_says_what_to_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r'run \./vla bench latency'):
        control.run(Namespace(robot='ur5e', out=tmp_path))
