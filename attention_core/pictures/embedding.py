"""Data inside a page: whatever it spells, it stays data.

>>> text = escaped({"text": "</script>&"})
>>> "<" in text, ">" in text, "&" in text, json.loads(text)["text"]
(False, False, False, '</script>&')
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

_SIGNS: Final = {sign: f"\\u{ord(sign):04x}" for sign in "<>&"}


def escaped(value: Any) -> str:
    """JSON that cannot end the element it stands in; raises ValueError for NaN and infinity."""
    return re.sub("[<>&]", lambda sign: _SIGNS[sign[0]], json.dumps(value, allow_nan=False))
