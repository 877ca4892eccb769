"""What ./vla answers on a machine where nothing is set up, and that it sets nothing up for it."""

import os
import shutil
import subprocess
import sys
from functools import partial

import pytest

from vla_bringup.checkout import host_checks
from vla_bringup.checkout.root import ROOT
from vla_cli import doctor

CACHES = shutil.ignore_patterns('__pycache__')
NEEDED = ('vla', 'requirements', 'config', 'src')


@pytest.fixture
def checkout(tmp_path):
    """A checkout as it was cloned."""
    for name in NEEDED:
        is_folder = (ROOT / name).is_dir()
        copy = partial(shutil.copytree, ignore=CACHES) if is_folder else shutil.copy
        copy(ROOT / name, tmp_path / name)
    return tmp_path


def vla(checkout, *words, path='/usr/bin:/bin'):
    """Call ./vla with the standard library and nothing else."""
    python = [sys._base_executable, '-S', '-B']
    return subprocess.run(
        [*python, str(checkout / 'vla'), *words], env={'PATH': path},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def made(checkout):
    """What a call has left at the top of the checkout."""
    return {p.name for p in checkout.iterdir()} - set(NEEDED)


def lines(said):
    """The line of each finding, by the name in it."""
    rows = [row for row in said.splitlines() if row[:8].strip() in ('ok', 'MISSING', 'absent')]
    return {row[9:31].strip(): row for row in rows}


@pytest.mark.parametrize('words', [(), ('-h',), ('--help',), ('help',)])
def test_help_needs_no_set_up(checkout, words):
    done = vla(checkout, *words)
    assert (done.returncode, done.stderr) == (0, '')
    assert 'doctor ' in done.stdout
    assert made(checkout) == set()


def test_an_unknown_command_needs_no_set_up(checkout):
    done = vla(checkout, 'nope')
    assert done.returncode == 2
    assert done.stderr.startswith("vla: no command 'nope'")
    assert made(checkout) == set()


def test_doctor_says_what_is_missing_and_installs_nothing(checkout):
    done = vla(checkout, 'doctor', path='/nowhere')
    found = lines(done.stdout)
    assert (done.returncode, done.stderr) == (1, '')
    for program in ('cmake', 'g++', 'make', 'git'):
        assert found[program].startswith('MISSING')
        assert f'apt-get install {program}' in found[program]
    assert found['.venv'].startswith('MISSING')
    assert 'not created yet' in found['.venv']
    assert found['built workspace'].startswith('MISSING')
    assert {'libEGL.so.1', 'libGL.so.1', 'libEGL_mesa.so.0'} <= found.keys()
    assert {'Python', 'ROS 2', 'GPU', 'real-time permission', 'DDS profile'} <= found.keys()
    assert 'required missing' in done.stdout
    assert made(checkout) == set()


def test_doctor_knows_a_set_up_of_other_requirements(checkout):
    for stamp in ('.venv/vla-environment', 'install/vla-build'):
        (checkout / stamp).parent.mkdir()
        (checkout / stamp).write_text('of yesterday')
    found = lines(vla(checkout, 'doctor').stdout)
    assert 'out of date' in found['.venv']
    assert 'out of date' in found['built workspace']


def test_doctor_exits_0_only_when_all_that_is_required_is_there(monkeypatch, capsys):
    there = doctor.HostFinding('a', True, 'x')
    lacks = doctor.HostFinding('b', False, '', 'get it')
    extra = doctor.HostFinding('c', False, '', 'nice', is_required=False)
    args = type('Args', (), {'quick': True, 'live': False})
    monkeypatch.setattr(doctor, 'findings', lambda quick: [there, extra])
    assert doctor.run(args) == 0
    monkeypatch.setattr(doctor, 'findings', lambda quick: [there, lacks, extra])
    assert doctor.run(args) == 1
    row = lines(capsys.readouterr().out)['b']
    assert row.startswith('MISSING')
    assert row.endswith('-> get it')


def test_another_ros_is_named_and_not_used(monkeypatch):
    monkeypatch.setenv('ROS_DISTRO', 'humble')
    monkeypatch.setattr(host_checks, 'SYSTEM_ROS', False)
    (finding,) = host_checks.ros()
    assert finding.found.startswith('humble is sourced, but not used')


def test_asking_for_real_time_leaves_this_thread_as_it_was():
    before = os.sched_getscheduler(0)
    host_checks.is_real_time_allowed()
    assert os.sched_getscheduler(0) == before
