"""Arithmetic on few numbers as machine code: of a NumPy call on six joints, or on the hundred
points of a thing, most is overhead (decision 010)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.types import Array, boolean, float32, float64, intp
from numpy.typing import NDArray

F = TypeVar('F', bound=Callable[..., Any])

Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]

NUMBER = float64
COUNT = intp
VECTOR = Array(float64, 1, 'A', readonly=True)
INDICES = Array(intp, 1, 'A', readonly=True)
KEPT = Array(float64, 1, 'A')  # may be written to
KEPT_MATRIX = Array(float64, 2, 'A')
FLAGS = Array(boolean, 1, 'A', readonly=True)
MATRIX = Array(float64, 2, 'A', readonly=True)
FLOATS = Array(float32, 2, 'A', readonly=True)
TENSOR = Array(float64, 3, 'A', readonly=True)


def compiled(*arguments: Any) -> Callable[[F], F]:
    """Compile for exactly these types when the module is read, once per machine: whatever compiles
    itself at the first call does so with the robot in motion. Divisions follow IEEE 754.

    Numba compiles anew when the function's own file changes: after a change to these options
    remove `__pycache__/*.nbi`.
    """

    def decorate(function: F) -> F:
        make = numba.njit(arguments, cache=True, error_model='numpy', boundscheck=True)
        return cast(F, make(function))

    return decorate
