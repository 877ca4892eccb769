"""Read-only copies of arrays, so that the arrays of a record cannot change."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def frozen(values: ArrayLike, dtype: Any = np.float64) -> NDArray[Any]:
    """A read-only copy of `values`."""
    array = np.array(values, dtype=dtype)
    array.setflags(write=False)
    return array


def freeze_fields(record: object, *names: str, dtype: Any = np.float64) -> None:
    """Replace fields of a frozen dataclass by read-only copies (for `__post_init__`)."""
    for name in names:
        object.__setattr__(record, name, frozen(getattr(record, name), dtype))
