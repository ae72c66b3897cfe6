"""Models of the Hugging Face hub: by name only, fetched only when asked, as safetensors only.

>>> checked_name("owner/small-model")
'owner/small-model'
>>> checked_name("../elsewhere")  # doctest: +ELLIPSIS
Traceback (most recent call last):
attention_core.errors.ModelError: “../elsewhere” is not the name of a model; ...
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
from huggingface_hub import HfApi, ModelInfo, constants, hf_hub_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from huggingface_hub.file_download import repo_folder_name
from tqdm import tqdm  # type: ignore[import-untyped]

from attention_core.errors import DownloadNeeded, ModelError
from models.loading import adapters, weights
from models.loading.checkpoint import Checkpoint, from_folder
from models.loading.documents import read_json
from models.loading.folders import CONFIG_BYTES
from models.settings import settings

TIMEOUT = 5.0
"""Seconds to wait for the hub's description of a model."""
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(?:/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)
_WANTED = ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
           "added_tokens.json", "vocab.txt", "vocab.json", "merges.txt", "spiece.model",
           "tokenizer.model", "sentencepiece.bpe.model", "source.spm", "target.spm",
           "target_vocab.json", "generation_config.json", "spm.model", "sentencepiece.model",
           "tekken.json", adapters.CONFIG, adapters.WEIGHTS)  # fmt: skip
_WEIGHTS = weights.WHOLE
_INDEX = weights.INDEX
_SHARDS = "model-*-of-*.safetensors"


@dataclass(frozen=True)
class DownloadPlan:
    """What would be fetched, and how large it is, before anybody agrees.

    revision  the commit that the plan was made for, so that what comes is what was shown
    files     (name, bytes) of each
    """

    name: str
    revision: str
    files: tuple[tuple[str, int], ...]

    @property
    def bytes(self) -> int:
        return sum(size for _, size in self.files)


def checked_name(name: str) -> str:
    """The name, when it has the form that the hub gives names; raises ModelError otherwise."""
    if not _NAME.fullmatch(name) or ".." in name or "--" in name:
        raise ModelError(
            "“{name}” is not the name of a model; names look like owner/name, "
            "with letters, digits, dots, hyphens and underscores.",
            name=name[:80],
        )
    return name


def cached(name: str) -> Path | None:
    """The model's folder in this machine's cache, when all that is needed lies there."""
    owner = repo_folder_name(repo_id=checked_name(name), repo_type="model")
    snapshots = Path(constants.HF_HUB_CACHE) / owner / "snapshots"
    whole = [folder for folder in snapshots.glob("*") if _is_whole(folder)]
    return max(whole, key=lambda folder: folder.stat().st_mtime, default=None)


def _is_whole(folder: Path) -> bool:
    needed = {"config.json", *_weights(folder)}
    return all((folder / file).is_file() for file in needed)


def checkpoint(name: str) -> Checkpoint:
    """The model from the cache; never from the network.

    Raises DownloadNeeded when it is not in the cache, ModelError when it cannot be loaded.
    """
    return from_folder(*place(name), links=True)


def place(name: str) -> tuple[Path, Path]:
    """The model's folder in the cache, and the folder that its links must stay below.

    Raises DownloadNeeded when it is not in the cache.
    """
    folder = cached(name)
    if folder is None:
        if settings().downloads:
            raise DownloadNeeded(
                "The model {name} is not on this machine. Download it first.", name=name
            )
        raise DownloadNeeded(
            "The model {name} is not on this machine, and downloads are not allowed on this "
            "server; its operator can allow them with ATLAS_ALLOW_DOWNLOADS=1.",
            name=name,
        )
    return folder, folder.parent.parent


def plan(name: str) -> DownloadPlan:
    """What downloading the model would fetch; asks the hub, and fetches nothing yet.

    Raises ModelError when downloads are not allowed, the hub cannot be reached or has no such
    model, or the model has no safetensors.
    """
    name = checked_name(name)
    _check_allowed()
    info = _asked(name, partial(_described, name))
    sizes = {file.rfilename: int(file.size or 0) for file in info.siblings or ()}
    wanted = sorted(filter(partial(_is_wanted, sizes), sizes), key=_weights_last)
    files = tuple((file, sizes[file]) for file in wanted)
    whole = any(file.endswith(".safetensors") and file != adapters.WEIGHTS for file, _ in files)
    if adapters.CONFIG in sizes and not whole:
        raise ModelError(
            "{name} is an adapter (LoRA), and no whole model; choose a model into which it has "
            "been merged (merge_and_unload).",
            name=name,
        )
    if not whole:
        raise ModelError(
            "{name} has no safetensors weights on the hub; pickles are not loaded here. "
            "Choose a model with a file model.safetensors.",
            name=name,
        )
    return DownloadPlan(name, str(info.sha or "main"), files)


def download(plan: DownloadPlan, progress: Callable[[int, int], None]) -> None:
    """Fetch what the plan names into this machine's cache.

    progress  told (bytes so far, bytes in all) again and again; an exception in it stops

    Raises ModelError when downloads are not allowed or the hub breaks off.
    """
    _check_allowed()
    _asked(plan.name, partial(_described, plan.name, plan.revision))  # fails at once when offline
    done = 0
    for file, size in plan.files:
        progress(done, plan.bytes)
        _asked(plan.name, partial(_fetch, plan, file, _bar(progress, done, plan.bytes)))
        done += size
    progress(plan.bytes, plan.bytes)


def _described(name: str, revision: str | None = None) -> ModelInfo:
    api = HfApi(endpoint=_endpoint(), token=False)
    return api.model_info(name, revision=revision, files_metadata=True, timeout=TIMEOUT)


def _fetch(plan: DownloadPlan, file: str, bar: type[tqdm]) -> str:
    return hf_hub_download(
        plan.name,
        file,
        revision=plan.revision,
        endpoint=_endpoint(),
        token=False,
        etag_timeout=TIMEOUT,
        tqdm_class=bar,
    )


def _check_allowed() -> None:
    if not settings().downloads:
        raise ModelError(
            "Downloads are not allowed on this server; its operator can allow them with "
            "ATLAS_ALLOW_DOWNLOADS=1."
        )


def _endpoint() -> str:
    return os.environ.get("HF_ENDPOINT") or constants.ENDPOINT


def _weights_last(file: str) -> tuple[bool, str]:
    """An order in which a model that has its weights has everything."""
    return file.endswith(".safetensors"), file


def _is_wanted(all_files: Mapping[str, int], file: str) -> bool:
    """Whole weights where there are some, otherwise the shards and their index."""
    if file in _WANTED or file == _WEIGHTS:
        return True
    return _WEIGHTS not in all_files and (file == _INDEX or fnmatch(file, _SHARDS))


def _weights(folder: Path) -> set[str]:
    """The names of the weight files that a complete folder has."""
    index = folder / _INDEX
    if (folder / _WEIGHTS).is_file() or not index.is_file():
        return {_WEIGHTS}
    names = read_json(index, 16 * CONFIG_BYTES).get("weight_map")
    return {str(name) for name in names.values()} if isinstance(names, dict) else {_WEIGHTS}


def _asked(name: str, request: Callable[[], Any]) -> Any:
    """The hub's answer; raises ModelError with a sentence when there is none."""
    try:
        return request()
    except GatedRepoError as fault:
        raise ModelError(
            "{name} is given out by the hub only to those who accepted its terms; "
            "choose an open model.",
            name=name,
        ) from fault
    except (RepositoryNotFoundError, HFValidationError) as fault:
        raise ModelError(
            "The hub has no public model {name}; check the spelling of owner and name.",
            name=name,
        ) from fault
    except HfHubHTTPError as fault:
        raise ModelError(
            "The hub refused the request for {name} (status {status}); try again later.",
            name=name,
            status=fault.response.status_code,
        ) from fault
    except (httpx2.HTTPError, OfflineModeIsEnabled, OSError) as fault:
        raise ModelError(
            "The hub cannot be reached, so {name} cannot be fetched; "
            "check the network, or choose a model that is on this machine.",
            name=name,
        ) from fault


def _bar(progress: Callable[[int, int], None], before: int, total: int) -> type[tqdm]:
    """A progress bar that draws nothing and tells `progress` instead."""

    class Bar(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **{**kwargs, "disable": True})
            self.fetched = int(kwargs.get("initial") or 0)

        def update(self, n: float | None = 1) -> None:
            self.fetched += int(n or 0)
            progress(min(before + self.fetched, total), total)

    return Bar
