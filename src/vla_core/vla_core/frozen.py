"""Read-only copies of arrays: what a record keeps cannot be changed behind its back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def frozen(values: ArrayLike, dtype: Any = np.float64) -> NDArray[Any]:
    """Return a read-only copy of `values`."""
    array = np.array(values, dtype=dtype)
    array.setflags(write=False)
    return array


def freeze_fields(record: object, *names: str, dtype: Any = np.float64) -> None:
    """Replace the named fields of a frozen dataclass by read-only copies (for `__post_init__`)."""
    for name in names:
        object.__setattr__(record, name, frozen(getattr(record, name), dtype))
