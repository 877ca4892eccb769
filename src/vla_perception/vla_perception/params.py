"""Parameters of the grounding."""

from __future__ import annotations

from dataclasses import dataclass, field

from vla_core.params import check, param

GEOMETRIC, OPEN_VOCABULARY = 'geometric', 'open_vocabulary'  # detectors


@dataclass(frozen=True)
class OpenVocabularyParams:
    """Which weights, and how sure they must be."""

    weights: str = param(
        '', 'folder with an OWLv2 model and its tokenizer, as saved by transformers'
    )
    device: str = param('cpu', 'torch device; one that is missing is an error')
    threshold: float = param(0.15, 'score below which a box is dropped', lo=0.0, hi=1.0)
    overlap: float = param(0.3, 'intersection over union of model box and piece', lo=0.0, hi=1.0)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class GrounderParams:
    """What counts as a thing on the table, as the same thing, and as healthy sensing."""

    camera: str = param('scene', 'name of the camera in the robot configuration')
    detector: str = param(
        GEOMETRIC,
        'geometric: names by colour and shape; open_vocabulary: by a model as well',
        choices=(GEOMETRIC, OPEN_VOCABULARY),
    )
    open_vocabulary: OpenVocabularyParams = field(default_factory=OpenVocabularyParams)
    x_min: float = param(
        0.15, 'm, base_link; things nearer to the robot are ignored', lo=-2.0, hi=2.0
    )
    x_max: float = param(0.85, 'm, base_link', lo=-2.0, hi=2.0)
    y_min: float = param(-0.55, 'm, base_link', lo=-2.0, hi=2.0)
    y_max: float = param(0.55, 'm, base_link', lo=-2.0, hi=2.0)
    z_max: float = param(0.50, 'm above the table; what is higher is ignored', lo=0.05, hi=2.0)
    min_height: float = param(
        0.006, 'm above the table; what is lower is table', lo=0.001, hi=0.05
    )
    max_depth: float = param(3.0, 'm, depth beyond this counts as none', lo=0.2, hi=20.0)
    table_band: float = param(0.012, 'm, how far the table may be from z = 0', lo=0.001, hi=0.05)
    max_tilt: float = param(0.03, 'rad, that the camera may be turned', lo=0.0, hi=0.2)
    max_shift: float = param(0.03, 'm, that the camera may be lifted', lo=0.0, hi=0.2)
    robot_margin: float = param(
        0.015, 'm, the robot is taken to be this much thicker', lo=0.0, hi=0.1
    )
    depth_step: float = param(
        0.015, 'm per m, a larger step in depth parts two things', lo=0.001, hi=0.2
    )
    hue_step: float = param(
        12.0, 'degrees, a larger step in hue parts two things', lo=1.0, hi=90.0
    )
    min_pixels: int = param(12, 'px, smaller pieces are noise', lo=3, hi=10000)
    associate: float = param(
        0.06, 'm, a thing may jump this far from frame to frame', lo=0.005, hi=0.5
    )
    jump: float = param(0.15, 'm, and this far when its old place is empty', lo=0.005, hi=0.5)
    forget_after: int = param(5, 'frames in which its place is seen to be empty', lo=1, hi=1000)
    absent_after: int = param(
        2, 'frames without the target before it counts as absent', lo=1, hi=100
    )
    ambiguous_margin: float = param(
        0.1, 'two matches nearer than this are ambiguous', lo=0.0, hi=1.0
    )
    min_score: float = param(0.6, 'a match below this is none', lo=0.0, hi=1.0)
    min_valid_depth: float = param(
        0.1, 'fraction of pixels that must have a depth', lo=0.0, hi=1.0
    )
    min_brightness: float = param(
        8.0, 'of 255, a darker picture counts as a covered camera', lo=0.0, hi=255.0
    )
    max_age: float = param(0.5, 's, an older picture holds the robot', lo=0.01, hi=10.0)
    vote_ttl: float = param(0.3, 's, how long a vote is good for', lo=0.05, hi=2.0)

    def __post_init__(self) -> None:
        check(self)
        if not (self.x_min < self.x_max and self.y_min < self.y_max):
            raise ValueError('x_min and y_min must be smaller than x_max and y_max')
