"""How long a text may be for a model, and whose limit that is.

>>> Limit(512, served=False).within(128)
Limit(tokens=128, served=False)
>>> print(Limit(128, served=False).exceeded(200))
The text has 200 tokens; this model reads at most 128. Shorten it, or read only its beginning.
"""

from __future__ import annotations

from dataclasses import dataclass

from attention_core.errors import TooLong
from models.loading.checkpoint import Checkpoint
from models.settings import settings


@dataclass(frozen=True)
class Limit:
    """The most tokens of one text.

    served  True where the model could take more, but this server's operator sets the limit
    """

    tokens: int
    served: bool

    def within(self, most: int) -> Limit:
        """The same, where the model is read up to so many tokens only."""
        return self if self.tokens <= most else Limit(most, False)

    def exceeded(self, tokens: int) -> TooLong:
        """What is said of a text of so many tokens."""
        if self.served:
            return TooLong(
                "The text has {tokens:,} tokens; this server reads at most {limit:,}, though the "
                "model could take more (its operator sets ATLAS_MAX_TOKENS). "
                "Shorten it, or read only its beginning.",
                tokens=tokens,
                limit=self.tokens,
            )
        return TooLong(
            "The text has {tokens:,} tokens; this model reads at most {limit:,}. "
            "Shorten it, or read only its beginning.",
            tokens=tokens,
            limit=self.tokens,
        )


def limit(checkpoint: Checkpoint) -> Limit:
    """The model's own limit, or the operator's where that is lower."""
    own, most = checkpoint.limit, settings().max_tokens
    return Limit(min(own, most), most < own)
