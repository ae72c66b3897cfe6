"""Measures the small BERT on sentences of shapes that it was not taught; writes its card.

python -m models.ours.grammar.evaluate

How often it gives a hidden verb the right number, whole and with each head switched off; what its
heads follow, held against the best fixed offset; and whether attention, rollout and flow say what
leaving words out does, by depth.
"""

# ruff: noqa: T201  (a command says what it measured)

from __future__ import annotations

import json
import random
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Final

import torch

from attention_core.numbers.share import wilson
from attention_core.numbers.syntax import EVERY, Found, Study, pieces, spaced
from attention_core.numbers.syntax.probe import Probe
from attention_core.watching.intervention import Intervention
from models.families.reader import Reader
from models.loading.checkpoint import from_folder
from models.loading.weights import held
from models.ours.grammar import depth
from models.ours.grammar.lexicon import other_number
from models.ours.grammar.rules import Sentence, unseen
from models.ours.grammar.train import CHECKPOINT, MASK, PAD, encoded, vocabulary

SEED: Final = 1_000_033
SENTENCES: Final = 2_000
FOLLOWED: Final = ("det", "amod", "nsubj", "obj", "case", "nmod", "obl", "acl:relcl", "advmod")
PROBED: Final = 1_000
"""Sentences of the probe."""
TOGETHER: Final = 256
CARD: Final = "card.json"


def main() -> None:
    torch.set_num_threads(1)
    report = {**measured(CHECKPOINT), "depth": deep(CHECKPOINT)}
    print(json.dumps(report, indent=1))
    (CHECKPOINT / CARD).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def deep(folder: Path, count: int = depth.SENTENCES) -> dict[str, Any]:
    """How attention, rollout and flow agree with leaving words out, layer by layer."""
    reader = Reader("grammar", from_folder(folder, folder, ours=True), asks=False)
    found = depth.by_depth(depth.outputs(reader, SEED, count))
    return {
        "sentences": count,
        **{
            name: [[round(one.mean, 4), round(one.half, 4)] for one in layers]
            for name, layers in found.items()
        },
    }


@torch.inference_mode()
def measured(folder: Path, count: int = SENTENCES) -> dict[str, Any]:
    """All figures, on `count` sentences."""
    reader = Reader("grammar", from_folder(folder, folder, ours=True), asks=False)
    dice = random.Random(SEED)
    sentences = [unseen(dice) for _ in range(count)]
    study, probe, words, sites = studied(reader, sentences)
    whole = agreement(reader, sentences)
    off = {
        (site, head): agreement(reader, sentences, (site, head)) for site, head in sites
    }  # fmt: skip
    verb = study.found("nsubj", ["from head"])
    parameters, size = held(folder)
    training = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    return {
        "parameters": parameters,
        "megabytes": round(size / 1e6, 2),
        **training,
        "command": "python -m models.ours.grammar.train",
        "sentences": count,
        "agreement": _share(*whole),
        "heads": {
            relation: _followed(found, sites)
            for relation in FOLLOWED
            if (found := study.found(relation)) is not None
        },
        "probe": {**_share(probe.right, probe.all), "offset_share": _offset(study)},
        "probe_with_words": _share(words.right, words.all),
        "verb_to_subject": None if verb is None else _followed(verb, sites),
        "agreement_without": {
            f"{site} head {head + 1}": round(right / asked, 4)
            for (site, head), (right, asked) in off.items()
        },
    }


def studied(
    reader: Reader, sentences: list[Sentence]
) -> tuple[Study, Probe, Probe, list[tuple[str, int]]]:
    """What the heads follow, each and together, without and with the vectors that words enter as;
    and which heads there are.
    """
    study, probe, words, sites = Study(), Probe(), Probe(), list[tuple[str, int]]()
    table: Any = reader.watch.model.get_input_embeddings().weight
    for at, one in enumerate(sentences):
        tree = spaced(one.words, one.heads, one.relations)
        record = reader.read(tree.text)
        sites = [(site.name, head) for site in record.sites for head in range(site.heads)]
        weights = torch.cat([site.weights() for site in record.sites])
        groups = pieces(tree, record.axes[0])
        study.add(tree, weights, groups)
        if at < PROBED:
            probe.add(tree, weights, groups)
            ids = reader.given(tree.text)[1].ids
            vectors = torch.stack([table[[ids[at] for at in group]].mean(0) for group in groups])
            words.add(tree, weights, groups, vectors)
    probe.fit()
    words.fit()
    return study, probe, words, sites


def _offset(study: Study) -> float:
    """What the best fixed offset reaches, over all words but punctuation."""
    found = study.found(EVERY)
    return 0.0 if found is None else round(found.baseline, 4)


def agreement(
    reader: Reader, sentences: list[Sentence], off: tuple[str, int] | None = None
) -> tuple[int, int]:
    """Hidden verbs whose right form is likelier than the other, and how many were hidden.

    off  a head that gives nothing meanwhile
    """
    writer = reader.writer
    if writer is None:
        return 0, 0
    known, others = vocabulary(), other_number()
    asked = [(one, at) for one in sentences for at in one.verbs]
    numbers, _verbs = encoded([one for one, _at in asked])
    places = torch.tensor([at + 1 for _one, at in asked])
    numbers[torch.arange(len(asked)), places] = MASK
    right = torch.tensor([known[one.words[at]] for one, at in asked])
    wrong = torch.tensor([known[others[one.words[at]]] for one, at in asked])
    made = 0
    with _without(reader, off):
        for some in torch.split(torch.arange(len(asked)), TOGETHER):
            given = numbers[some]
            logits = writer.model(input_ids=given, attention_mask=(given != PAD).long()).logits
            said = logits[torch.arange(len(some)), places[some]]
            rows = torch.arange(len(some))
            made += int((said[rows, right[some]] > said[rows, wrong[some]]).sum())
    return made, len(asked)


def _without(reader: Reader, off: tuple[str, int] | None) -> AbstractContextManager[None]:
    if off is None:
        return nullcontext()
    return reader.watch.intervening([Intervention(off[0], "heads", "zero", heads=(off[1],))])


def _share(right: int, asked: int) -> dict[str, Any]:
    low, high = wilson(right, asked)
    return {
        "share": round(right / asked, 4), "of": asked, "interval": [round(low, 4), round(high, 4)],
    }  # fmt: skip


def _followed(found: Found, sites: list[tuple[str, int]]) -> dict[str, Any]:
    site, head = sites[found.head]
    return {
        "head": f"{site} head {head + 1}", "direction": found.direction,
        **_share(found.right, found.all),
        "offset": found.offset, "offset_share": round(found.baseline, 4),
        "gain": round(found.gain, 4),
    }  # fmt: skip


if __name__ == "__main__":
    main()
