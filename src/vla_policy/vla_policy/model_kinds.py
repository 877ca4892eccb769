"""The kinds of observation that a checkpoint can be trained on, and the network of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vla_core.params import from_mapping
from vla_core.robot.config import RobotConfig
from vla_policy.decoders.by_name import decoder_of
from vla_policy.image_model import ImageModel, ImageModelParams
from vla_policy.object_model import ObjectModel, ObjectModelParams
from vla_policy.objects import features
from vla_policy.tokens.proprioception import COLUMNS

AnyModel = ObjectModel | ImageModel
Checks = list[tuple[str, Any, Any]]  # what, has, expected
Given = Mapping[str, Any]


@dataclass(frozen=True)
class ModelKind:
    """How a model is built from a card, and what of the card must match."""

    build: Callable[[Given, Given, str], AnyModel]  # model, decoder, place of the card
    checks: Callable[[Given, Given, tuple[int, int], RobotConfig], Checks]  # inputs, model, shape


def build_object_model(model: Given, decoder: Given, where: str) -> ObjectModel:
    """UserError names what is wrong in the card."""
    params = from_mapping(ObjectModelParams, model, f'{where}: model')
    return ObjectModel(params, decoder_of(dict(decoder)))


def build_image_model(model: Given, decoder: Given, where: str) -> ImageModel:
    """UserError names what is wrong in the card."""
    params = from_mapping(ImageModelParams, model, f'{where}: model')
    return ImageModel(params, decoder_of(dict(decoder)))


def object_checks(inputs: Given, model: Given, shape: tuple[int, int], _: RobotConfig) -> Checks:
    """What must match for rows of objects."""
    rows, trunk = model['rows_per_token'], model['trunk']
    return [
        ('features', inputs['features'], features.SCHEMA),
        ('width of the robot row', model['robot_width'], features.ROBOT_WIDTH),
        ('width of an object row', model['object_width'], features.OBJECT_WIDTH),
        ('width of the task row', model['task_width'], features.TASK_WIDTH),
        ('chunk of the model', (trunk['horizon'] * rows, trunk['columns'] // rows), shape),
    ]


def image_checks(
    inputs: Given, model: Given, shape: tuple[int, int], robot: RobotConfig
) -> Checks:
    """What must match for pictures."""
    windows = inputs['windows']
    cameras = {camera.name for camera in robot.cameras}
    sizes = {name: (window['height'], window['width']) for name, window in windows.items()}
    views = {view['name']: (view['height'], view['width']) for view in model['views']}
    trunk = model['trunk']
    return [
        ('columns of the robot row', tuple(inputs['robot_columns']), COLUMNS),
        ('width of the robot row', model['robot_columns'], len(COLUMNS)),
        ('chunk of the model', (trunk['horizon'], trunk['columns']), shape),
        ('windows', sizes, views),
        ('cameras that the robot lacks', sorted(set(windows) - cameras), []),
    ]


KINDS = {
    'objects': ModelKind(build_object_model, object_checks),
    'patches': ModelKind(build_image_model, image_checks),
}
