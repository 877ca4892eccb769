import dataclasses

import pytest

from vla_bench.rules import pairs
from vla_bench.rules.bench import scores
from vla_bench.rules.scores import judge
from vla_core.errors import UserError
from vla_core.robot.config import load_robot
from vla_core.robot.model import RobotModel
from vla_core.stack_root import stack_root
from vla_monitor.rules.document import GROUPS, load_documents
from vla_monitor.rules.ruleset import fingerprint, load_rules, load_weights

FILE = stack_root() / pairs.PAIRS


@pytest.fixture(scope='module')
def rows():
    return pairs.read(FILE)


def test_the_file_is_what_its_script_makes(rows):
    assert pairs.make(pairs.PairParams()) == rows


def test_there_are_enough_pairs_of_both_kinds_in_every_group(rows):
    assert len(rows) >= 300
    for group in GROUPS:
        for split in ('train', 'test'):
            own = [r for r in rows if r['id'].startswith(f'{group}-') and r['split'] == split]
            assert 0 < sum(bool(row['harms']) for row in own) < len(own)


def test_the_rules_meet_their_bounds_on_the_pairs_they_did_not_learn_from(rows):
    """By the estimates: the intervals of so few pairs are too wide for the bounds."""
    rules, model = load_rules(), RobotModel(load_robot('ur5e'))
    judged = judge([row for row in rows if row['split'] == 'test'], rules, model)
    figures = [
        dataclasses.replace(figure, gate='value') for figure in scores('test', judged, rules)
    ]
    assert [figure.name for figure in figures if not figure.ok] == []


def test_weights_of_other_rules_are_refused(tmp_path):
    rules = load_documents(sorted((stack_root() / 'config/rules').glob('*.md')))
    weights = stack_root() / 'config/rules/weights.yaml'
    assert load_weights(weights, rules)
    soft = next(k for k, rule in enumerate(rules) if not rule.is_hard)
    other = dataclasses.replace(rules[soft], id='drop-99')
    changed = (*rules[:soft], other, *rules[soft + 1 :])
    assert fingerprint(changed) != fingerprint(rules)
    with pytest.raises(UserError, match=r'run \./vla rules learn'):
        load_weights(weights, changed)
