"""Reader of the subset of ROS 2 YAML launch files in use: arg, let, set_env, node, include."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from vla_bringup.graph.installed import find_executable, find_share
from vla_core.errors import UserError
from vla_core.params import load_yaml
from vla_core.robot.ros_names import absolute_name

SUBSTITUTION = re.compile(r'\$\(([\w-]+)(?:\s+([^()]*))?\)')
NODE_KEYS = {
    'pkg', 'exec', 'name', 'namespace', 'output', 'param', 'remap', 'env', 'args', 'on_exit',
    'respawn', 'respawn_delay', 'respawn_max_retries',
}  # fmt: skip


@dataclass(frozen=True)
class Argument:
    """One argument of a launch file."""

    name: str
    default: str | None  # None: must be given
    description: str


@dataclass(frozen=True)
class NodeSpec:
    """One process to start."""

    name: str
    executable: Path
    arguments: tuple[str, ...]  # everything after the executable
    env: Mapping[str, str] = field(default_factory=dict)  # on top of the runner's
    ends_all: bool = False  # everything stops when it exits
    respawn_delay: float | None = None  # s; None: not started again
    max_respawns: int | None = None  # None: no limit; else see LaunchRunner
    namespace: str = ''

    @property
    def full_name(self) -> str:
        return absolute_name(self.name, self.namespace)


@dataclass
class LaunchPlan:
    """Arguments and nodes of a launch file."""

    arguments: dict[str, Argument] = field(default_factory=dict)
    nodes: list[NodeSpec] = field(default_factory=list)


def load_launch(path: Path, given: Mapping[str, str]) -> LaunchPlan:
    """Return the plan of a file with the arguments `given`; UserError for what is unknown."""
    reader = _LaunchReader(path, given)
    reader.read()
    unknown = sorted(set(given) - set(reader.plan.arguments))
    if unknown:
        known = ', '.join(reader.plan.arguments) or 'none'
        raise UserError(f'{path.name} has no argument {unknown[0]!r}; known: {known}')
    return reader.plan


def arguments_of(path: Path) -> list[Argument]:
    """Return the arguments of a file without executing its actions."""
    entries = (body for verb, body in _entries(path) if verb == 'arg')
    return [_argument(path, body) for body in entries]


def _entries(path: Path) -> list[tuple[str, dict[str, Any]]]:
    if not path.is_file():
        raise UserError(f'no launch file {path}')
    document = load_yaml(path)
    if not isinstance(document, dict) or not isinstance(document.get('launch'), list):
        raise UserError(f'{path}: not a launch file, it has no list named launch')
    found = []
    for entry in document['launch']:
        if not isinstance(entry, dict) or len(entry) != 1:
            raise UserError(f'{path}: {entry!r} is not one action with its settings')
        verb, body = next(iter(entry.items()))
        found.append((verb, body or {}))
    return found


def _argument(path: Path, body: dict[str, Any]) -> Argument:
    if 'name' not in body:
        raise UserError(f'{path}: an arg has no name')
    default = body.get('default')
    return Argument(
        body['name'], None if default is None else str(default), body.get('description', '')
    )


class _LaunchReader:
    """Executes the actions of one file, in order."""

    def __init__(self, path: Path, given: Mapping[str, str]) -> None:
        self.path, self.given = path, dict(given)
        self.values: dict[str, str] = dict(given)
        self.env: dict[str, str] = {}
        self.plan = LaunchPlan()
        self.substitutions: dict[str, Callable[[str], str]] = {
            'var': self._var,
            'find-pkg-share': lambda name: str(find_share(name)),
            'dirname': lambda _: str(self.path.parent),
            'env': self._env,
        }

    def read(self) -> None:
        actions = {
            'arg': self._on_arg, 'let': self._on_let, 'set_env': self._on_set_env,
            'node': self._on_node, 'include': self._on_include,
        }  # fmt: skip
        for verb, body in _entries(self.path):
            if verb not in actions:
                known = ', '.join(actions)
                raise UserError(
                    f'{self.path}: action {verb!r} needs ros2 launch; supported: {known}'
                )
            self._carry_out(actions[verb], verb, body)

    def _carry_out(self, action: Callable[[Any], None], verb: str, body: Any) -> None:
        """Read one action; UserError for settings that are missing or of another kind."""
        try:
            action(body)
        except (AttributeError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
            why = (
                f'has no {error}' if isinstance(error, KeyError) else ' '.join(str(error).split())
            )
            raise UserError(f'{self.path}: {verb} {body!r}: {why}') from error

    def resolve(self, text: Any) -> str:
        """Return the text with its substitutions evaluated."""

        def replace(match: re.Match[str]) -> str:
            name = match[1]
            if name not in self.substitutions:
                known = ', '.join(self.substitutions)
                raise UserError(
                    f'{self.path}: $({name} ...) needs ros2 launch; supported: {known}'
                )
            return self.substitutions[name]((match[2] or '').strip())

        return SUBSTITUTION.sub(replace, str(text))

    def _var(self, name: str) -> str:
        if name not in self.values:
            raise UserError(f'{self.path}: $(var {name}) has no value')
        return self.values[name]

    def _env(self, text: str) -> str:
        name, _, default = text.partition(' ')
        if name not in os.environ and not default:
            raise UserError(f'{self.path}: environment variable {name} is not set')
        return os.environ.get(name, default.strip())

    def _on_arg(self, body: dict[str, Any]) -> None:
        argument = _argument(self.path, body)
        self.plan.arguments[argument.name] = argument
        if argument.name in self.given:
            return
        if argument.default is None:
            raise UserError(
                f'{self.path.name} needs {argument.name}:=... ({argument.description})'
            )
        self.values[argument.name] = self.resolve(argument.default)

    def _on_let(self, body: dict[str, Any]) -> None:
        self.values[body['name']] = self.resolve(body['value'])

    def _on_set_env(self, body: dict[str, Any]) -> None:
        self.env[body['name']] = self.resolve(body['value'])

    def _on_include(self, body: dict[str, Any]) -> None:
        given = {a['name']: self.resolve(a['value']) for a in body.get('arg', [])}
        self.plan.nodes += load_launch(Path(self.resolve(body['file'])), given).nodes

    def _on_node(self, body: dict[str, Any]) -> None:
        unknown = sorted(set(body) - NODE_KEYS)
        if unknown:
            raise UserError(f'{self.path}: node setting {unknown[0]!r} needs ros2 launch')
        package, executable = self.resolve(body['pkg']), self.resolve(body['exec'])
        name = self.resolve(body.get('name', executable))
        env = {e['name']: self.resolve(e['value']) for e in body.get('env', [])}
        respawns = self.resolve(body.get('respawn', 'false')).lower() in ('true', '1')
        self.plan.nodes.append(
            NodeSpec(
                name,
                find_executable(package, executable),
                self._ros_arguments(body, name),
                {**self.env, **env},
                body.get('on_exit') == 'shutdown',
                float(body.get('respawn_delay', 0.0)) if respawns else None,
                body.get('respawn_max_retries') if respawns else None,
                self.resolve(body.get('namespace', '')),
            )
        )

    def _ros_arguments(self, body: dict[str, Any], name: str) -> tuple[str, ...]:
        words = [*self.resolve(body.get('args', '')).split(), '--ros-args']
        if 'name' in body:
            words += ['-r', f'__node:={name}']
        namespace = self.resolve(body.get('namespace', '')).strip('/')
        if namespace:
            words += ['-r', f'__ns:=/{namespace}']
        for remap in body.get('remap', []):
            words += ['-r', f'{self.resolve(remap["from"])}:={self.resolve(remap["to"])}']
        for entry in body.get('param', []):
            words += self._parameter(entry)
        return tuple(words)

    def _parameter(self, entry: dict[str, Any]) -> list[str]:
        if 'from' in entry:
            path = Path(self.resolve(entry['from']))
            if not path.is_file():
                raise UserError(f'{self.path}: no parameter file {path}')
            load_yaml(path)  # one error here instead of a traceback in every node
            return ['--params-file', str(path)]
        value = entry['value']
        if isinstance(value, str):
            value = self.resolve(value)
            value = value if entry.get('type') == 'str' else yaml.safe_load(value)
        # strings are quoted: rcl parses `1e5` and `no` as number and boolean
        style = "'" if isinstance(value, str) else None
        shown = yaml.safe_dump(value, default_flow_style=True, default_style=style, width=10_000)
        return [
            '-p',
            f'{entry["name"]}:={shown.removesuffix(chr(10)).removesuffix("...").strip()}',
        ]
