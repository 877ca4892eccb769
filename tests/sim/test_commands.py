"""Commands that play in lockstep begin, end and say something, at the smallest they can be asked;
what they measure is theirs to say on a whole run."""

import json
import shlex

import pytest

from vla_bench.steering import bench
from vla_cli import cli
from vla_cli.bench import BENCHES
from vla_core.records.task import Phase
from vla_lockstep.lockstep import Run

CYCLES = 200  # of an episode: the policy has begun by then
POLICY = 'checkpoints/tabletop'
EPISODES = {  # command: words, and how many episodes that makes
    'bench trust': ('--episodes 1', 4),
    'bench trust --controls': ('--episodes 1 --chains shield,hold', 4),
    'bench steering': (f'--early {POLICY} --shipped 1 --arms K=2', 6),  # two of them timed
    'bench steering --controls': (f'--early {POLICY} --episodes 1 --suites dynamics', 4),
    'bench inputs': ('--episodes 1 --tasks press', 5),
    'eval': ('--episodes 1 --trials press', 1),
}
OTHERS = {
    'bench shield': '--rollouts 1 --unshielded 1 --workers 1 --seconds 2',
    'bench shield --controls': '--rollouts 1 --unshielded 1 --workers 1 --seconds 2',
    'bench seams': '--trials 1 --shielded 2',
    'bench seams --controls': '--trials 1',
    'bench grounding': '--seeds 4',  # with a button or a drawer among them
    'bench grounding --controls': '--seeds 3',
    'bench rules': '--cases 20 --repeats 1 --fresh 4',
    'bench rules --controls': '--fresh 2',
    'bench wire': '--rounds 2',
    'bench wire --controls': '--rounds 2',
    'bench ways': '--seeds 1 --steps 20 --scenes 5',
}
ELSEWHERE = {
    'bench arms': 'needs the public descriptions, 414 MB: tests/unit/core/authoring',
    'bench arms --controls': 'the same',
    'bench commission': 'minutes: tests/unit/bench/commission/test_trial.py',
    'bench commission --controls': 'the same',
    'bench controllers': 'whole episodes: tests/unit/bench/controllers',
    'bench controllers --controls': 'the same',
    'bench messages': 'tests/unit/bench/messages and tests/graph/test_messages.py',
    'bench messages --controls': 'the same',
    'bench words': 'tests/unit/bench/words plays every sentence',
    'bench words --controls': 'the same',
    'bench switch': 'four whole episodes, 20 s, of the set-up that eval has',
    'bench switch --controls': 'twelve whole episodes',
    'bench latency': 'needs the graph and a quiet machine',
    'bench latency --controls': 'needs its recordings: tests/unit/bench/latency/test_control.py',
    'bench faults': 'needs the graph: tests/graph/test_faults_live.py does the same',
    'bench kills': 'needs the graph: tests/graph/test_stack.py kills the policy, too',
    'bench remote': 'needs the graph: tests/unit/bench/remote, tests/unit/policy/adapters',
    'bench remote --controls': 'the same',
    'bench failure': 'needs some hundred rollouts: tests/unit/learning/failure/test_study.py',
    'bench failure --controls': 'the same rollouts: tests/unit/bench/failure/test_control.py',
}


def test_every_bench_is_begun_here_or_said_why_not():
    begun = EPISODES.keys() | OTHERS.keys() | ELSEWHERE.keys()
    assert {f'bench {name}' for name in BENCHES} <= begun


@pytest.fixture
def phases(monkeypatch):
    """The phase that each episode was in when it ended, early, whatever it was about."""
    found = []

    def is_over(run):
        if run.count >= CYCLES and not hasattr(run, 'is_cut'):
            run.is_cut = True
            found.append(run.executive.status.phase)
        return run.count >= CYCLES

    monkeypatch.setattr(Run, 'is_over', property(is_over))
    monkeypatch.setattr(bench, 'TIMED', 1)  # by each of two clocks
    return found


@pytest.mark.parametrize('command', EPISODES)
def test_a_command_that_plays_gets_the_arm_to_move(command, tmp_path, phases, monkeypatch):
    words, episodes = EPISODES[command]
    assert figures(f'{command} --workers 1 {words}', tmp_path, monkeypatch)
    assert phases == [Phase.RUNNING] * episodes


@pytest.mark.parametrize('command', OTHERS)
def test_a_command_says_what_it_measured(command, tmp_path, monkeypatch):
    said = figures(f'{command} {OTHERS[command]}', tmp_path, monkeypatch)
    assert said
    assert [f['name'] for f in said if f['bound'] and f['value'] is None] == []


def test_a_rollout_is_played_and_labelled(tmp_path, monkeypatch):
    words = 'rollouts --n 1 --tasks "press red" --horizon 3 --workers 1'
    assert do(words, tmp_path, monkeypatch) == 0
    (row,) = map(json.loads, (tmp_path / 'rollouts.jsonl').read_text().splitlines())
    assert (row['phase'], row['length'], row['file'] != '') == ('RUNNING', 15, True)


def figures(words, out, monkeypatch):
    """Of a bench; that bounds are missed on next to nothing is no fault of it."""
    assert do(words, out, monkeypatch) in (0, 1)
    return json.loads((out / 'result.json').read_text())['figures']


def do(words, out, monkeypatch):
    """The exit code of a command; what a person can mend is 2."""
    line = [*shlex.split(words), '--out', str(out)]
    monkeypatch.setattr('sys.argv', ['./vla', *line])
    return cli.main(line)
