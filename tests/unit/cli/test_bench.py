"""`--controls` runs the control beside a bench, with that module's defaults."""

import argparse
import sys
from pathlib import Path

import pytest

from vla_bench.trust import control
from vla_cli import bench
from vla_cli.bench import BENCHES, add_arguments


def parsed(monkeypatch, *words):
    monkeypatch.setattr(sys, 'argv', ['./vla', 'bench', *words])
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


def test_the_bench_itself_without_the_option(monkeypatch):
    args = parsed(monkeypatch, 'trust')
    assert args.module == 'vla_bench.trust.bench'
    assert args.out == Path('out/bench-trust')
    assert args.episodes == 100


def test_the_control_brings_its_defaults_and_its_folder(monkeypatch):
    args = parsed(monkeypatch, 'trust', '--controls')
    assert args.module == 'vla_bench.trust.control'
    assert args.out == Path('out/bench-trust-controls')
    assert args.episodes == control.DEFAULTS['episodes']
    args = parsed(monkeypatch, 'trust', '--controls', '--episodes', '3', '--out', 'x')
    assert (args.episodes, args.out) == (3, Path('x'))


def test_a_bench_without_a_control_has_no_such_option(monkeypatch, capsys):
    monkeypatch.setitem(BENCHES, 'bare', ('vla_bench.controls', 'no control.py beside it'))
    monkeypatch.setattr(bench.importlib, 'import_module', lambda _: argparse.Namespace(
        add_arguments=lambda _: None
    ))  # fmt: skip
    with pytest.raises(SystemExit):
        parsed(monkeypatch, 'bare', '--controls')
    assert 'unrecognized arguments: --controls' in capsys.readouterr().err
