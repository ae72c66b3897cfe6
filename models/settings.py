"""What the operator decides at start, read from the environment in this one place.

>>> Settings().max_tokens, Settings().downloads
(512, False)
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from attention_core.errors import AttentionError


@dataclass(frozen=True)
class Settings:
    """The operator's choices.

    models_dir  ATLAS_MODELS_DIR: each folder below it is a model that readers may choose
    downloads   ATLAS_ALLOW_DOWNLOADS=1: readers may fetch models from the Hugging Face hub
    max_tokens  ATLAS_MAX_TOKENS: no text is read beyond this, however much a model could take
    hosts       ATLAS_HOSTS: names by which readers reach this server, besides its own; * for any
    carriers    ATLAS_CARRIERS_DIR: where models out of the package index are kept; a folder of the
                reader's cache where it is not set
    """

    models_dir: Path | None = None
    downloads: bool = False
    max_tokens: int = 512
    hosts: frozenset[str] = frozenset()
    carriers: Path = Path("carriers")


def settings() -> Settings:
    """The choices as the environment has them now.

    Raises AttentionError when ATLAS_MAX_TOKENS is not a whole number of at least 8.
    """
    folder = os.environ.get("ATLAS_MODELS_DIR", "").strip()
    allowed = os.environ.get("ATLAS_ALLOW_DOWNLOADS", "").strip().lower()
    return Settings(
        models_dir=Path(folder).resolve() if folder else None,
        downloads=allowed in ("1", "true", "yes", "on"),
        max_tokens=_max_tokens(os.environ.get("ATLAS_MAX_TOKENS", "").strip() or "512"),
        hosts=frozenset(os.environ.get("ATLAS_HOSTS", "").lower().replace(",", " ").split()),
        carriers=_carriers(os.environ.get("ATLAS_CARRIERS_DIR", "").strip()),
    )


def _carriers(folder: str) -> Path:
    """Source of the default: XDG Base Directory Specification, XDG_CACHE_HOME."""
    if folder:
        return Path(folder).expanduser().absolute()
    cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
    home = cache if cache.is_absolute() else Path.home() / ".cache"
    return home / "attention-atlas" / "carriers"


def _max_tokens(text: str) -> int:
    if not text.isdecimal() or int(text) < 8:
        raise AttentionError(
            "ATLAS_MAX_TOKENS is “{text}”; it must be a whole number of tokens, at least 8.",
            text=text,
        )
    return int(text)
