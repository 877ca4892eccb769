"""The safety rules of config/rules: show and verify them, make labelled pairs, fit the weights.

show   list every rule with its formula, weight and source; verify that the set is satisfiable
pairs  write the labelled pairs (the same seed gives the same pairs)
learn  fit the weights of the weighted rules to the training half of the pairs
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from vla_bench.rules import pairs as rule_pairs
from vla_bench.rules import scores
from vla_core.robot.config import load_robot
from vla_core.robot.model import RobotModel
from vla_core.stack_root import stack_root
from vla_monitor.rules.document import GROUPS, load_documents
from vla_monitor.rules.extractor import MARKDOWN, find_extractor
from vla_monitor.rules.learn import LearnParams, learn
from vla_monitor.rules.logic.circuit import group
from vla_monitor.rules.logic.formula import text_of
from vla_monitor.rules.logic.prove import prove
from vla_monitor.rules.ruleset import FOLDER, WEIGHTS, compile_rules, load_rules, save_weights


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('what', choices=('show', 'pairs', 'learn'))
    parser.add_argument('--rules', type=Path, help=f'folder of the documents (default {FOLDER})')
    parser.add_argument(
        '--extractor', default=MARKDOWN, metavar='MODULE:CLASS',
        help='extracts rules from the documents (default %(default)s: reads written formulas)',
    )  # fmt: skip
    parser.add_argument(
        '--pairs', type=Path, default=rule_pairs.PAIRS, help='file (default %(default)s)'
    )
    parser.add_argument('--seed', type=int, default=0, help='of the pairs (default %(default)s)')


def run(args: argparse.Namespace) -> int:
    folder = args.rules or stack_root() / FOLDER
    return {'show': show, 'pairs': pairs, 'learn': fit}[args.what](args, folder)


def show(args: argparse.Namespace, folder: Path) -> int:
    rules = load_rules(folder, find_extractor(args.extractor))
    prove(rules.rules)
    for rule in rules.rules:
        weight = 'hard' if rule.is_hard else f'weight {rules.weights[rule.id]:.2f}'
        print(f'{rule.id:11} {rule.response.value:5} {weight:12} {rule.where:20} {rule.title}')
        print(f'{"":11} {text_of(rule.formula)}')
    print(f'{len(rules.rules)} rules, {len(rules.circuits)} circuits: proven consistent')
    return 0


def pairs(args: argparse.Namespace, folder: Path) -> int:
    rows = rule_pairs.make(rule_pairs.PairParams(seed=args.seed))
    rule_pairs.write(rows, args.pairs)
    for name, text in GROUPS.items():
        own = [row for row in rows if row['id'].startswith(f'{name}-')]
        unsafe = sum(bool(row['harms']) for row in own)
        print(f'{name:8} {len(own):4} pairs, {unsafe:3} unsafe  {text}')
    print(args.pairs)
    return 0


def fit(args: argparse.Namespace, folder: Path) -> int:
    documents = load_documents(sorted(folder.glob('*.md')), find_extractor(args.extractor))
    prove(documents)
    weighted = {rule.id: rule.formula for rule in documents if not rule.is_hard}
    rules = compile_rules(documents, dict.fromkeys(weighted, 1.0))
    rows = [row for row in rule_pairs.read(args.pairs) if row['split'] == 'train']
    gains, safe = scores.gains_of(rows, rules, RobotModel(load_robot('ur5e')))
    ids = list(weighted)
    circuits = [[ids.index(key) for key in members] for members in group(weighted)]
    weights, loss = learn(gains, safe, circuits, LearnParams())
    save_weights(folder / WEIGHTS, documents, dict(zip(ids, weights, strict=True)))
    for key, weight, column in zip(ids, weights, gains.T, strict=True):
        is_violated = column < 0
        print(f'{key:11} {weight:5.2f}  violated in {int((is_violated & safe).sum())} safe, '
              f'{int((is_violated & np.logical_not(safe)).sum())} unsafe pairs')  # fmt: skip
    print(f'loss {loss:.3f} on {len(gains)} pairs; {folder / WEIGHTS}')
    return 0
