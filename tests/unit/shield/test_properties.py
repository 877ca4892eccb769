"""What holds whatever comes in (P1 to P4, P6 and P17 of research/runtime.md)."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
import pinocchio as pin
from rig import DT, Rig, complaints, examples, low, model

from vla_core.robot_model import collision_model
from vla_core.safety import Decision, Level

# no shrinking: a case takes half a second, and its seeds are printed as they are
quick = {
    'deadline': None,
    'suppress_health_check': [HealthCheck.too_slow],
    'phases': [Phase.explicit, Phase.reuse, Phase.generate],
}
ANY = st.floats(allow_nan=True, allow_infinity=True) | st.floats(-4.0, 4.0)
NEAR = st.floats(-1.0, 1.0)
# rad from home: joints that move the tip against each other
CANCELLED = (
    0.001, -0.7601438737432669, 0.4101689692681483, -0.9999999999999999, 0.3555345567846342, 0.0,
)  # fmt: skip
