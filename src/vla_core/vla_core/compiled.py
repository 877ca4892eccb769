"""Compilation of arithmetic on small arrays: a NumPy call on six joints, or on the hundred points
of an object, is mostly overhead (decision 010)."""

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
OUT_VECTOR = Array(float64, 1, 'A')  # writable
OUT_MATRIX = Array(float64, 2, 'A')
FLAGS = Array(boolean, 1, 'A', readonly=True)
MATRIX = Array(float64, 2, 'A', readonly=True)
FLOATS = Array(float32, 2, 'A', readonly=True)
TENSOR = Array(float64, 3, 'A', readonly=True)


def compiled(*arguments: Any) -> Callable[[F], F]:
    """Compile for exactly these argument types at import, cached on disk: lazy compilation would
    run at the first call, with the robot in motion. Divisions follow IEEE 754.

    Numba recompiles when the function's own file changes; after a change to these options remove
    `__pycache__/*.nbi`.
    """

    def decorate(function: F) -> F:
        make = numba.njit(arguments, cache=True, error_model='numpy', boundscheck=True)
        return cast(F, make(function))

    return decorate
