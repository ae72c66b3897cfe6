"""Ready sounds to listen to: sentences of ours, said by the speech synthesiser espeak-ng.

    espeak-ng -v en-gb-x-rp -s 130 -w listening.wav "We are listening to every word you say."

and then brought to 16,000 samples a second by `attention_core.files.sound`.

>>> READY["listening"], round(sound("listening").seconds, 1)
('We are listening to every word you say.', 2.8)
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from attention_core.files.sound import Sound
from attention_core.files.sound import sound as read

READY: Final[Mapping[str, str]] = {
    "listening": "We are listening to every word you say.",
    "moon": "The cat sat on the mat and looked at the moon.",
    "attention": "Attention is all you need.",
}
"""What is said in every ready sound, by its name."""


@cache
def sound(name: str) -> Sound:
    """The sound of that name; KeyError where there is none."""
    if name not in READY:
        raise KeyError(name)
    return read((Path(__file__).parent / f"{name}.wav").read_bytes())
