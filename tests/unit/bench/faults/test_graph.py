"""F26: robot files without a velocity limit are refused, for that reason."""

import pytest
import yaml

from vla_bench.faults.graph import NO_LIMIT, changed, is_loaded
from vla_core.errors import UserError
from vla_core.robot.config import load_robot
from vla_core.stack_root import stack_root

DOCUMENT = yaml.safe_load((stack_root() / 'config/robots/ur5e.yaml').read_text())


@pytest.mark.parametrize('value', [*NO_LIMIT, None])
def test_a_robot_without_a_velocity_limit_is_refused_for_it(tmp_path, value):
    file = changed(DOCUMENT, tmp_path, value)
    assert not is_loaded(file)
    with pytest.raises(UserError, match='velocity'):
        load_robot(file)


def test_the_same_file_with_a_limit_loads(tmp_path):
    assert is_loaded(changed(DOCUMENT, tmp_path, 1.0))
