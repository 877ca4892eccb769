import pytest

from vla_core.errors import UserError
from vla_core.stack_root import stack_root
from vla_monitor.rules.document import load_documents, read
from vla_monitor.rules.logic.prove import prove


def rules(*formulas):
    """Hard rules t-1, t-2, ... of these formulas; a formula after 'weighted ' is weighted."""
    text = ''
    for k, formula in enumerate(formulas, 1):
        kind = 'weighted' if formula.startswith('weighted ') else 'hard'
        text += f'## t-{k}: A rule\n\n- group: drop\n- kind: {kind}\n- response: hold\n'
        text += f'- formula: `{formula.removeprefix("weighted ")}`\n\nWhy.\n\n'
    return read(text, 'x.md')


USEFUL = 'always (chunk_speed < 1)'


@pytest.mark.parametrize(
    ('formulas', 'says'),
    [
        (('always holding', USEFUL, 'always (not holding)'),
         r'no trace satisfies these rules: t-1 \(x.md:1\), t-3 \(x.md:19\)$'),
        (('always (tool_height > 0.5)', 'always (tool_height < 0.4)', USEFUL),
         r'satisfies these rules: t-1 \(x.md:1\), t-2 \(x.md:10\)$'),
        (('always (holding implies acting)', USEFUL, 'always (holding implies not acting)'),
         r'allow no action in some situation: t-1 \(x.md:1\), t-3'),
        (('always (person_seen implies not acting)', 'always (target_absent implies acting)'),
         r'allow no action in some situation: t-1 \(x.md:1\), t-2'),
        (('always (acting implies weaknext acting)', 'always (acting implies N not acting)'),
         r'allow no action in some situation: t-1 \(x.md:1\), t-2'),
        (('always (not holding)', 'always (holding_target implies chunk_speed < 0.3)'),
         r'is never true given t-1 \(x.md:1\): t-2 \(x.md:10\)$'),
        (('always (holding implies yesterday holding)', 'always (holding implies tool_speed < 1)'),
         r'is never true given t-1 \(x.md:1\): t-2'),
        (('always (chunk_speed < 0.5)', 'weighted always (chunk_speed > 0.6 implies not acting)'),
         r'is never true given t-1 \(x.md:1\): t-2'),
        (('always (chunk_grips implies chunk_closes)', USEFUL), r'cannot be violated.*t-1'),
        (('always (tool_speed < 6)', USEFUL), r'cannot be violated.*t-1'),
    ],
)  # fmt: skip
def test_a_set_that_cannot_work_is_refused_with_the_rules_at_fault(formulas, says):
    with pytest.raises(UserError, match=says):
        prove(rules(*formulas))


def test_rules_that_get_along_pass():
    prove(rules(USEFUL, 'always (holding implies weaknext chunk_speed < 0.5)',
                'always (person_seen implies not acting)'))  # fmt: skip


def test_the_shipped_policy_is_proven():
    prove(load_documents(sorted((stack_root() / 'config/rules').glob('*.md'))))
