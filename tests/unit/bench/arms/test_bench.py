"""The bench of public arms: changed lines, tasks in reach, figures, planted mistakes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vla_bench.arms.bench import figures, make_jobs, refuse_problems
from vla_bench.arms.control import MISTAKES, write_mistake
from vla_bench.arms.reachable_tasks import reached_tasks, unreached
from vla_bench.arms.trial import difference
from vla_core.errors import UserError
from vla_core.robot.config import load_robot, public_robots, robot_file
from vla_core.stack_root import stack_root
from vla_sim.scenes.scene_params import load_scene

SCENE = load_scene(stack_root() / 'config/scenes/tabletop.yaml')


def test_a_changed_added_or_removed_line_counts_one():
    made = 'a\nb\nc\nd\n'
    assert difference(made, made) == 0
    assert difference(made, 'a\nB\nc\nd\n') == 1
    assert difference(made, 'a\nb\nc\nd\ne\n') == 1
    assert difference(made, 'a\nd\n') == 2


def test_a_full_size_arm_reaches_all_tasks():
    seeds, reasons = reached_tasks(load_robot('ur5e'), SCENE, 1_000_000, 3)
    assert reasons == {}
    assert [len(values) for values in seeds.values()] == [3] * 6


def test_a_small_workspace_names_what_is_out_of_reach():
    robot = load_robot('ur5e')
    arm = replace(robot.arm, workspace=((0.31, -0.16, 0.0), (0.42, 0.16, 0.3)))
    seeds, reasons = reached_tasks(replace(robot, arms=(arm,)), SCENE, 1_000_000, 4)
    assert 'push' in seeds
    assert 'the handle of the drawer' in reasons['open']
    assert 'its work area is too small' in reasons['put_in']


def test_an_object_wider_than_the_gripper_is_refused():
    robot = load_robot('ur5e')
    narrow = replace(robot.gripper, opening_map=((0.0, 0.0), (0.015, 0.03)))
    robot = replace(robot, grippers=(narrow,))
    assert 'the gripper opens 3.0 cm' in unreached(robot, SCENE, 'stack', 1_000_000)
    assert unreached(robot, SCENE, 'press', 1_000_000) == ''


def test_success_and_changed_lines_are_figures(monkeypatch):
    monkeypatch.setattr('vla_bench.arms.bench.changed_lines', lambda arm: 31)
    rows = [{'robot': 'arm', 'trial': 'push', 'seed': k, 'success': k > 1} for k in range(40)]
    made = {figure.name: figure for figure in figures(['arm'], rows)}
    assert made['arm: success'].value == pytest.approx(38 / 40)
    assert not made['arm: success'].ok  # 40 episodes do not show 0.9
    assert not made['arm: changed lines'].ok
    assert made['arm, push: success'].bound is None


def test_episodes_are_in_turns_over_the_tasks():
    jobs = make_jobs('arm', {'push': [1, 2], 'press': [5]})
    assert [key for key, _ in jobs] == ['arm/push/1', 'arm/press/5', 'arm/push/2']


def test_a_file_with_a_problem_is_not_played(tmp_path):
    text = (stack_root() / 'config/robots/fr3.yaml').read_text()
    path = tmp_path / 'bad.yaml'
    path.write_text(text.replace('[[0.0, 0.0], [0.04, 0.08]]', '[[0.04, 0.0], [0.0, 0.08]]'))
    with pytest.raises(UserError, match='set opening_map'):
        refuse_problems([str(path)])


@pytest.mark.parametrize('name', MISTAKES)
def test_every_mistake_is_one_line_of_the_file(name, tmp_path):
    line, mistake, _ = MISTAKES[name]
    text = robot_file('panda').read_text()
    path = write_mistake(tmp_path, name, text, line, mistake)
    assert difference(text, path.read_text()) == 1


def test_every_public_robot_says_how_it_was_made_and_loads():
    assert len(public_robots()) >= 5
    for name in public_robots():
        assert robot_file(name).read_text().startswith('# Made by: ./vla robot new package://')
        assert load_robot(name).name == name
