"""What a command made earlier stays until the graph of the new run is up."""

import argparse

import pytest

from vla_bench.latency import bench
from vla_cli import demo
from vla_core.errors import UserError

COMMANDS = {'demo': (demo, demo.OUTPUTS), 'latency': (bench, ('1_put_in.mcap',))}
BAD = {'robot': 'nope', 'policy': 'nowhere'}


@pytest.fixture(params=COMMANDS)
def command(request, tmp_path):
    """A command, its arguments with an `out` of its own, and what an earlier run left in there."""
    module, names = COMMANDS[request.param]
    for name in names:
        (tmp_path / name).write_text('old')
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    return module, parser.parse_args(['--out', str(tmp_path)]), [tmp_path / n for n in names]


class Graph:
    """Comes up, or not; the first thing that is asked of it ends the run."""

    managed = ()
    seconds_to_start = 0.0

    def __init__(self, plan, say):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *why):
        pass

    def reset_scene(self, task, seed):
        raise UserError('the run has begun')


class NeverUp(Graph):
    def __enter__(self):
        raise UserError('the graph does not come up: no camera')


@pytest.mark.parametrize('name', BAD)
def test_bad_input_leaves_the_old_output(command, name):
    module, args, old = command
    setattr(args, name, BAD[name])
    with pytest.raises(UserError, match=BAD[name]):
        module.run(args)
    assert [path.read_text() for path in old] == ['old'] * len(old)


@pytest.mark.parametrize('why', ['seven', 'no camera'])
def test_a_graph_that_does_not_come_up_leaves_the_old_output(command, monkeypatch, why):
    module, args, old = command
    if why == 'seven':
        monkeypatch.setenv('ROS_DOMAIN_ID', why)
    else:
        monkeypatch.setattr(module, 'GraphSession', NeverUp)
    with pytest.raises(UserError, match=why):
        module.run(args)
    assert [path.read_text() for path in old] == ['old'] * len(old)


def test_a_run_that_begins_takes_the_old_output_away(command, monkeypatch):
    module, args, old = command
    monkeypatch.setattr(module, 'GraphSession', Graph)
    with pytest.raises(UserError, match='the run has begun'):
        module.run(args)
    assert not [path for path in old if path.exists()]
