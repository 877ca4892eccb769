"""Arguments of ./vla correct become a correction."""

import pytest

from vla_cli.parser import CommandParser
from vla_cli.running import correct
from vla_core.errors import UserError
from vla_core.records.alignment import Priority


def said(*words):
    parser = CommandParser()
    correct.add_arguments(parser)
    return correct.make(parser.parse_args(words), 3.0)


def test_a_phrase_becomes_a_correction_in_the_words_of_the_vocabulary():
    made = said('Move the arm to the left', '--ttl', '2', '--operator', 'ann')
    assert (made.language_motion, made.ttl, made.operator_id) == ('move arm left', 2.0, 'ann')
    assert (made.stamp, made.task_id, made.priority) == (3.0, '', Priority.OVERRIDE)
    assert said('stay', '--hint').priority == Priority.HINT


@pytest.mark.parametrize('ttl', ['0', '-1', '3.1', 'nan'])
def test_a_time_to_live_has_bounds(ttl):
    with pytest.raises(UserError, match=r'from 0\.01 to 3'):
        said('move arm left', '--ttl', ttl)


def test_what_is_not_understood_is_refused_before_anything_is_sent():
    with pytest.raises(UserError, match="nearest: 'move arm left'"):
        said('mov arm lefft')
