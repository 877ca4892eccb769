"""Root folder of the checkout."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]  # through the links of a symlink install as well
