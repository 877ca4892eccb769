"""The last line of ./vla test and its exit code."""

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from subprocess import PIPE

import pytest

from vla_bringup.checkout.root import ROOT
from vla_bringup.graph import domain
from vla_cli import run_tests
from vla_cli.run_tests import TierOutcome, close, environment, keep, read

REPORT = """<testsuites><testsuite>
<testcase name="a"/>
<testcase name="b"><failure message="x"/></testcase>
<testcase name="c"><error message="x"/></testcase>
<testcase name="d"><skipped message="needs MoveIt"/></testcase>
</testsuite></testsuites>"""


def test_the_counts_come_from_the_report(tmp_path):
    report, outcome = tmp_path / 'r.xml', TierOutcome()
    report.write_text(REPORT)
    assert read(report, outcome) == {'passed': 1, 'failed': 2, 'skipped': 1}
    assert outcome.reasons == {'needs MoveIt': 1}


@pytest.mark.parametrize(
    ('outcome', 'code'),
    [
        (TierOutcome(Counter(passed=2)), 0),
        (TierOutcome(Counter(passed=2, skipped=1)), 0),
        (TierOutcome(Counter(passed=2, failed=1)), 1),
        (TierOutcome(Counter(passed=2), broken=['mypy']), 1),
        (TierOutcome(Counter(skipped=3)), 1),
        (TierOutcome(), 1),
    ],
)
def test_only_tests_that_ran_and_passed_are_a_success(outcome, code):
    assert close(outcome) == code


def test_the_last_line_counts_and_the_lines_before_say_why(capsys):
    close(TierOutcome(Counter(passed=2, skipped=1), Counter({'needs MoveIt': 1})))
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == ['skipped 1: needs MoveIt', '2 passed, 0 failed, 1 skipped']


def test_the_counts_and_the_time_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(run_tests, 'ROOT', tmp_path)
    keep(
        TierOutcome(Counter(passed=2, failed=1, skipped=1), Counter({'needs MoveIt': 1}), ['sim'])
    )
    kept = json.loads((tmp_path / 'out' / 'test' / 'result.json').read_text())
    values = {figure['name']: (figure['value'], figure['ok']) for figure in kept['figures']}
    assert values['passed'] == (2, True)
    assert values['failed'] == values['checks and tiers that broke'] == (1, False)
    assert values['skipped: needs MoveIt'] == (1, True)
    assert any(name.startswith('the whole command') for name in values)


def test_what_is_listed_and_not_there_fails_by_name(monkeypatch, capsys):
    monkeypatch.setitem(run_tests.TIERS, 'unit', ['tests/unit', 'tests/test_nowhere.py'])
    outcome = TierOutcome()
    run_tests.run_tier('unit', [], outcome)
    assert outcome.broken == ['unit']
    assert 'FAILED: tests/test_nowhere.py does not exist' in capsys.readouterr().out


@pytest.mark.parametrize('tier', [*run_tests.TIERS, *run_tests.ON_REQUEST])
def test_everything_listed_is_there(tier):
    listed = (run_tests.TIERS | run_tests.ON_REQUEST)[tier]
    assert all((ROOT / path).exists() for path in listed)


def test_the_tests_run_in_a_domain_of_their_own_on_this_machine_only(monkeypatch):
    monkeypatch.setenv('ROS_DOMAIN_ID', '0')
    monkeypatch.setattr(domain, 'is_free', lambda number: number == 42)
    assert environment()['ROS_DOMAIN_ID'] == '42'
    assert environment()['ROS_AUTOMATIC_DISCOVERY_RANGE'] == 'LOCALHOST'


SLEEPER = """import os, pathlib, time
def test_sleeps():
    pathlib.Path({said!r}).write_text(str(os.getpid()))
    time.sleep(60)
"""
TIER = """import sys
from vla_cli import run_tests
run_tests.TIERS['graph'] = [sys.argv[1]]
run_tests.run_tier('graph', [], run_tests.TierOutcome())
"""


def test_an_end_from_outside_leaves_no_test_running(tmp_path):
    said, test = tmp_path / 'pid', tmp_path / 'test_sleeper.py'
    test.write_text(SLEEPER.format(said=str(said)))
    with subprocess.Popen([sys.executable, '-c', TIER, str(test)], stdout=PIPE) as runner:
        assert soon(lambda: said.exists() and said.read_text())
        runner.terminate()
    pid = said.read_text()
    assert soon(lambda: not Path('/proc', pid).exists())


def soon(condition):
    """Whether it holds within 30 s."""
    end = time.monotonic() + 30.0
    while time.monotonic() < end and not condition():
        time.sleep(0.05)
    return condition()
