"""Parameters of grounding."""

from __future__ import annotations

from dataclasses import dataclass, field

from vla_core.params import check, param

GEOMETRIC, OPEN_VOCABULARY = 'geometric', 'open_vocabulary'  # detectors


@dataclass(frozen=True)
class OpenVocabularyParams:
    """Weights and thresholds of the open-vocabulary detector."""

    weights: str = param(
        '', 'folder with an OWLv2 model and its tokenizer, as saved by transformers'
    )
    device: str = param('cpu', 'torch device; an unavailable one is an error')
    threshold: float = param(0.15, 'boxes with a lower score are dropped', lo=0.0, hi=1.0)
    overlap: float = param(
        0.3, 'smallest intersection over union of model box and segment', lo=0.0, hi=1.0
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class GrounderParams:
    """Thresholds of detection, tracking, matching and sensor health."""

    camera: str = param('scene', 'name of the camera in the robot configuration')
    detector: str = param(
        GEOMETRIC,
        'geometric: label by colour and shape; open_vocabulary: also by a zero-shot model',
        choices=(GEOMETRIC, OPEN_VOCABULARY),
    )
    open_vocabulary: OpenVocabularyParams = field(default_factory=OpenVocabularyParams)
    x_min: float = param(
        0.15, 'm, base frame, workspace; objects outside it are ignored', lo=-2.0, hi=2.0
    )
    x_max: float = param(0.85, 'm, base frame, workspace', lo=-2.0, hi=2.0)
    y_min: float = param(-0.55, 'm, base frame, workspace', lo=-2.0, hi=2.0)
    y_max: float = param(0.55, 'm, base frame, workspace', lo=-2.0, hi=2.0)
    z_max: float = param(0.50, 'm above the table; higher points are ignored', lo=0.05, hi=2.0)
    min_height: float = param(0.006, 'm; lower points belong to the table', lo=0.001, hi=0.05)
    max_depth: float = param(3.0, 'm; larger depth values are invalid', lo=0.2, hi=20.0)
    table_band: float = param(
        0.012, 'm, largest distance of table points from z = 0', lo=0.001, hi=0.05
    )
    max_tilt: float = param(
        0.03, 'rad, largest rotation of the camera from its nominal pose', lo=0.0, hi=0.2
    )
    max_shift: float = param(
        0.03, 'm, largest offset of the camera from its nominal pose', lo=0.0, hi=0.2
    )
    robot_margin: float = param(
        0.015, 'm, padding of the collision shapes in the robot mask', lo=0.0, hi=0.1
    )
    depth_step: float = param(
        0.015, 'm per m; a larger depth step separates two segments', lo=0.001, hi=0.2
    )
    hue_step: float = param(
        12.0, 'degrees; a larger hue step separates two segments', lo=1.0, hi=90.0
    )
    min_pixels: int = param(12, 'px; smaller segments are dropped as noise', lo=3, hi=10000)
    associate: float = param(
        0.06, 'm, largest distance from a track to its detection', lo=0.005, hi=0.5
    )
    jump: float = param(
        0.15, 'm, the same when the old position is seen to be empty', lo=0.005, hi=0.5
    )
    forget_after: int = param(
        5, 'frames with an empty position, after which a track is dropped', lo=1, hi=1000
    )
    absent_after: int = param(
        2, 'frames without the target, after which it is absent', lo=1, hi=100
    )
    ambiguous_margin: float = param(0.1, 'scores closer than this are ambiguous', lo=0.0, hi=1.0)
    min_score: float = param(0.6, 'smallest score of a match', lo=0.0, hi=1.0)
    min_valid_depth: float = param(
        0.1, 'smallest fraction of pixels with valid depth', lo=0.0, hi=1.0
    )
    min_brightness: float = param(
        8.0, 'of 255, smallest mean brightness; a darker image holds the robot', lo=0.0, hi=255.0
    )
    max_age: float = param(0.5, 's; an older image holds the robot', lo=0.01, hi=10.0)
    vote_ttl: float = param(0.3, 's, validity of a vote', lo=0.05, hi=2.0)

    def __post_init__(self) -> None:
        check(self)
        if not (self.x_min < self.x_max and self.y_min < self.y_max):
            raise ValueError('x_min and y_min must be smaller than x_max and y_max')
