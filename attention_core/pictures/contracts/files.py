"""What every picture says of its own files.

>>> sorted(FILES)
['png', 'svg']
"""

from __future__ import annotations

from collections.abc import Mapping

from attention_core.marking import N_

FILES: Mapping[str, str] = {
    "png": N_("Download as PNG"),
    "svg": N_("Download as SVG"),
}
