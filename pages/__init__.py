"""Everything on the screen: one folder is one question of the reader."""

from __future__ import annotations

__version__ = "0.8.0"
