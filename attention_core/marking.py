"""Marks sentences for translation where they are written; pages translate where they show.

>>> N_("Each query has {keys} keys.").format(keys=3)
'Each query has 3 keys.'
"""

from __future__ import annotations


def N_(message: str) -> str:  # noqa: N802  the name that gettext's tools look for
    """The message itself; the name tells the collector of translations to take it."""
    return message
