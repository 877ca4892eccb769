"""rclpy's messages, compared with themselves, take all of the time."""

import json
from argparse import Namespace

import pytest

from vla_bench.wire import control


@pytest.mark.parametrize(('as_bytes', 'is_met'), [(0.2, True), (1.0, False)])
def test_the_control_is_beside_each_claim_and_its_bound_is_the_claim_s_negated(
    as_bytes, is_met, tmp_path, monkeypatch
):
    calls = {'read': ('rclpy', 'bytes')}
    monkeypatch.setattr(control, 'pairs', lambda robot: calls)
    cost = {'rclpy': 1.0, 'bytes': as_bytes}
    monkeypatch.setattr('vla_bench.wire.bench.timed', cost.__getitem__)
    rc = control.run(Namespace(robot='ur5e', rounds=3, out=tmp_path))
    figures = json.loads((tmp_path / 'result.json').read_text())['figures']
    found = [(f['name'].split(':')[0], f['bound'], f['ok']) for f in figures]
    assert found == [('claim', '<= 0.5', is_met), ('rclpy in both', '> 0.5', True)]
    assert rc == int(not is_met)
