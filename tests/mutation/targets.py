"""What is tried: modules, and for each the tests whose task it is to notice its faults."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
EQUIVALENT: Final = Path(__file__).with_name("equivalent.toml")

_WATCHING = ("tests/test_capture.py", "tests/test_edit.py", "tests/test_watching.py")
_TRANSLATORS = ("tests/test_translator.py", "tests/test_translating.py")
_ATTRIBUTION = (
    "flow", "gradient", "integrated", "leave_one_out", "method", "output", "raw", "relevance",
    "rolled", "valued", "weighed",
)  # fmt: skip
_ALIGNMENT = ("tests/test_alignment_scores.py",)

TARGETS: Final[dict[str, tuple[str, ...]]] = {
    "attention_core/watching/attend.py": _WATCHING,
    "attention_core/watching/capture.py": (*_WATCHING, "tests/test_families.py"),
    "attention_core/watching/edit.py": _WATCHING,
    "attention_core/watching/record.py": (
        "tests/test_record.py",
        *_WATCHING,
        "tests/test_models_reader.py",
    ),
    "attention_core/watching/intervention.py": (
        "tests/test_intervention.py",
        "tests/test_intervention_kinds.py",
    ),
    "attention_core/files/letters.py": ("tests/test_files_coding.py",),
    "models/families/translation.py": _TRANSLATORS,
    "models/ours/translator/reader.py": (*_TRANSLATORS, "tests/test_families.py"),
    "models/loading/folders.py": ("tests/test_models_folders.py", "tests/test_models_adapters.py"),
    "models/loading/weights.py": ("tests/test_models_folders.py", "tests/test_models_places.py"),
    "models/loading/places.py": ("tests/test_models_places.py",),
    "models/loading/adapters.py": ("tests/test_models_adapters.py",),
    "models/loading/towers.py": ("tests/test_models_towers.py",),
    "models/loading/hub.py": ("tests/test_models_hub.py",),
    "models/work/desk.py": ("tests/test_models_desk.py",),
    "models/work/jobs.py": ("tests/test_jobs.py",),
    "models/work/apart.py": ("tests/test_tokenizers_apart.py", "tests/test_uploads.py"),
    "models/work/uploads.py": ("tests/test_uploads.py",),
    "attention_core/numbers/alignment/extraction.py": _ALIGNMENT,
    "attention_core/numbers/alignment/links.py": _ALIGNMENT,
    "attention_core/numbers/alignment/scoring.py": _ALIGNMENT,
    "attention_core/numbers/alignment/symmetry.py": _ALIGNMENT,
    **dict.fromkeys(
        (
            *(f"attention_core/numbers/attribution/{name}.py" for name in _ATTRIBUTION),
            "attention_core/numbers/agreement.py",
            "attention_core/numbers/faithfulness.py",
            "models/families/asking.py",
            "models/loading/writing.py",
        ),
        ("tests/test_attribution.py",),
    ),
    "attention_core/numbers/heads.py": ("tests/test_heads.py",),
}


def module_name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def equivalent(path: str) -> dict[tuple[str, str, str], str]:
    """Faults of a module that change nothing anybody could see, and why: reasons by `Fault.key`."""
    entries = tomllib.loads(EQUIVALENT.read_text()).get(path, [])
    return {(entry["inside"], entry["was"], entry["now"]): entry["reason"] for entry in entries}
