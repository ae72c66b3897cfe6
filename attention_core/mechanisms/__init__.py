"""The one registry of mechanisms, in the order of their places.

What stands in `families` is found by itself, and so is a module that an installed package names
under the entry points `attention_atlas.mechanisms`.
"""

from __future__ import annotations

from attention_core.mechanisms.registry import ALL, USES, at_stop, in_set, sets
from attention_core.mechanisms.uses import Use

__all__ = ["ALL", "USES", "Use", "at_stop", "in_set", "sets"]
