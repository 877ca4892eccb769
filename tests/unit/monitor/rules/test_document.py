from pathlib import Path

import pytest

from vla_core.errors import UserError
from vla_core.stack_root import stack_root
from vla_monitor.rules.document import GROUPS, RuleKind, RuleResponse, load_documents, read

RULE = """# Policy

Words.

## drop-1: Not so high

- group: drop
- kind: hard
- response: hold
- formula: `always (chunk_releases implies
  chunk_fall <= 0.1 m)`

It breaks.
"""


def test_a_rule_knows_its_line_and_its_words():
    (rule,) = read(RULE, 'p.md')
    assert (rule.id, rule.title, rule.group) == ('drop-1', 'Not so high', 'drop')
    assert (rule.kind, rule.response) == (RuleKind.HARD, RuleResponse.HOLD)
    assert (rule.where, rule.text) == ('p.md:5', 'It breaks.')


@pytest.mark.parametrize(
    ('old', 'new', 'says'),
    [
        ('kind: hard', 'kind: sort of', "p.md:5: drop-1 has kind 'sort of'; known: hard"),
        ('group: drop', 'group: dorp', "is in group 'dorp'; known: people, drop"),
        ('- response: hold\n', '', 'drop-1 has no response'),
        ('response: hold', 'reaction: hold', "p.md:9: key 'reaction' is unknown"),
        ('It breaks.', '', 'has no explanation'),
        ('chunk_fall', 'chunk_fell', "p.md:10: drop-1: column 32: no predicate 'chunk_fell'"),
        ('always (', 'eventually (', "a rule applies at every step: begin its formula"),
        ('`', '', 'in `back quotes`'),
        ('## drop-1: Not', '## Drop 1 Not', 'p.md:5: a rule begins'),
        ('- kind: hard', '- kind: hard\n- kind: hard', "key 'kind' is duplicated"),
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused_with_file_and_line(old, new, says):
    assert old in RULE
    with pytest.raises(UserError, match=says.replace('(', r'\(')):
        read(RULE.replace(old, new), 'p.md')


def test_an_id_is_used_once(tmp_path):
    for name in ('a.md', 'b.md'):
        (tmp_path / name).write_text(RULE)
    with pytest.raises(UserError, match=r'b.md:5: drop-1 is already defined at a.md:5'):
        load_documents([tmp_path / 'a.md', tmp_path / 'b.md'])


def test_what_an_extractor_writes_is_parsed_like_any_file(tmp_path):
    class Reader:
        def extract(self, text: str, source: str) -> str:
            return RULE.replace('drop-1', 'drop-9') if 'high' in text else ''

    path = tmp_path / 'prose.md'
    path.write_text('Do not let things fall from high.')
    (rule,) = load_documents([path], Reader())
    assert rule.where == 'prose.md:5'


def test_the_policy_covers_every_risk_group_with_hard_and_weighted_rules():
    rules = load_documents(sorted(Path(stack_root() / 'config/rules').glob('*.md')))
    assert {rule.group for rule in rules} == set(GROUPS)
    assert {rule.kind for rule in rules} == set(RuleKind)
    assert {rule.response for rule in rules} == set(RuleResponse)
