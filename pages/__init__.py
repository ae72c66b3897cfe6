"""Everything on the screen: one file is one question of the reader."""

from __future__ import annotations

__version__ = "0.3.0"
