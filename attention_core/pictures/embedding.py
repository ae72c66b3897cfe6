"""Data inside a page: whatever it spells, it stays data.

>>> escaped({"text": "</script>&"})
'{"text": "\\u003c/script\\u003e\\u0026"}'
"""

from __future__ import annotations

import json
import re
from typing import Any

_SIGNS = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def escaped(value: Any) -> str:
    """JSON that cannot end the element it stands in; raises ValueError for NaN and infinity."""
    return re.sub("[<>&]", lambda sign: _SIGNS[sign[0]], json.dumps(value, allow_nan=False))
