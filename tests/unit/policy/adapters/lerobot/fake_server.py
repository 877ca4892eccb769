"""`fake_server.py <what> <parent>`: our server around a model without LeRobot."""

import os
import sys
import time

import numpy as np

from vla_policy.adapters.lerobot.server import BadObservationError, serve_child

WHAT = sys.argv[1]


class FakeModel:
    """Answers with what it was given: the seed, the length of the history, its states."""

    observation_steps = 3

    def __init__(self):
        if WHAT == 'unloadable':
            raise OSError('no weights')
        if WHAT == 'sleeping':
            time.sleep(60.0)
        seconds = 7.4 if WHAT == 'slow to compute' else 0.01
        rows = 2 if WHAT == 'few rows' else 4
        self.about = {'policy': 'fake', 'rows': rows, 'columns': 7, 'seconds': seconds}
        self.value = -1
        sys.stdout.write('text of a library\n')

    def seed(self, value):
        self.value = value

    def prepared(self, observation):
        if observation['observation.state'].shape != (7,):
            raise BadObservationError('observation.state is (6,), expected (7,)')
        return observation

    def chunk(self, history):
        text = history[-1]['task']
        if text == 'die':
            sys.stderr.write('RuntimeError: out of memory\n')
            sys.stderr.flush()
            os._exit(3)
        if text == 'sleep':
            time.sleep(0.5)
        if text == 'fail':
            raise IndexError('a bug')
        states = [item['observation.state'][0] for item in history]
        rows = np.zeros((4, 7), np.float32)
        rows[0, : len(states)] = states
        rows[1, :2] = self.value, len(history)
        return rows


if WHAT == 'silent':
    sys.exit('ModuleNotFoundError: No module named lerobot')
sys.exit(serve_child(FakeModel, int(sys.argv[-1])))
