"""A demonstration is made and recorded through the whole stack, and training can read it."""

import argparse

import numpy as np

from vla_core.robot.config import load_robot
from vla_learning.data import demonstrate
from vla_learning.data.augment import AugmentParams
from vla_learning.data.dataset import inferences, read_episode


def test_what_the_expert_shows_is_what_training_reads(tmp_path):
    parser = argparse.ArgumentParser()
    demonstrate.add_arguments(parser)
    words = f'--tasks press --episodes 1 --workers 1 --out {tmp_path}'
    rows = demonstrate.demonstrate(parser.parse_args(words.split()))
    assert [row['success'] for row in rows] == [True], rows[0]['text']
    (path,) = tmp_path.glob('*.mcap')
    seen = list(inferences(path, load_robot('ur5e')))
    assert len(seen) > 5
    samples = read_episode(path, 'ur5e', AugmentParams())
    assert samples is not None
    assert len(samples.chunk) == (1 + AugmentParams().copies) * len(seen)
    assert np.isfinite(samples.chunk).all()
