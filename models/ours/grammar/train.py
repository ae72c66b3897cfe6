"""Train the small BERT on the grammar to guess hidden words, and keep it in half precision.

python -m models.ours.grammar.train

A word is hidden with chance HIDDEN, a verb that agrees more often: its number is what is measured.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from transformers import BertConfig, BertForMaskedLM

from models.ours.grammar.lexicon import other_number, words
from models.ours.grammar.rules import LONGEST, Sentence, taught, unseen

CHECKPOINT: Final = Path(__file__).parent / "checkpoint"
SEED: Final = 5
STEPS: Final = 16_000
BATCH: Final = 64
RATE: Final = 2e-3
POOL: Final = 60_000
"""Sentences that are drawn before training; every batch takes some of them."""
ALIKE: Final = 16
"""Batches that are drawn at once and parted by length, so that little is filled up."""
HIDDEN, HIDDEN_VERBS = 0.15, 0.4
SPECIALS: Final = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PAD, CLS, SEP, MASK = 0, 2, 3, 4
OTHERS: Final = -100
"""What cross-entropy passes over."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--into", type=Path, default=CHECKPOINT)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    began = time.process_time()
    model = trained(asked.steps)
    seconds = round(time.process_time() - began)
    save(asked.into, model, {"steps": asked.steps, "batch": BATCH, "seed": SEED,
                             "processor_seconds": seconds})  # fmt: skip


def vocabulary() -> dict[str, int]:
    """Every word with its number, the model's own tokens first."""
    return {word: number for number, word in enumerate((*SPECIALS, *words()))}


def untrained() -> BertForMaskedLM:
    """The network as it begins."""
    torch.manual_seed(SEED)
    return BertForMaskedLM(
        BertConfig(
            vocab_size=len(vocabulary()), hidden_size=64, num_hidden_layers=4,
            num_attention_heads=4, intermediate_size=256, max_position_embeddings=LONGEST + 6,
            type_vocab_size=1, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        )
    )  # fmt: skip


def encoded(sentences: list[Sentence]) -> tuple[Tensor, Tensor]:
    """Numbers (sentence, token) between [CLS] and [SEP], filled up; and where verbs agree."""
    known = vocabulary()
    numbers = torch.full((len(sentences), LONGEST + 2), PAD)
    verbs = torch.zeros_like(numbers, dtype=torch.bool)
    for row, one in enumerate(sentences):
        ids = [CLS, *(known[word] for word in one.words), SEP]
        numbers[row, : len(ids)] = torch.tensor(ids)
        verbs[row, [at + 1 for at in one.verbs]] = True
    return numbers, verbs


def hidden(numbers: Tensor, verbs: Tensor, dice: torch.Generator) -> tuple[Tensor, Tensor]:
    """What the model is given and what it is to say, OTHERS where it is not asked.

    Of the hidden words eight in ten become [MASK] and one another word (Devlin et al. 2019, 3.1).
    """
    chance = torch.where(verbs, HIDDEN_VERBS, HIDDEN)
    asked = (torch.rand(numbers.shape, generator=dice) < chance) & (numbers >= len(SPECIALS))
    how = torch.rand(numbers.shape, generator=dice)
    others = torch.randint(len(SPECIALS), len(vocabulary()), numbers.shape, generator=dice)
    given = numbers.masked_fill(asked & (how < 0.8), MASK)
    given = torch.where(asked & (how > 0.9), others, given)
    return given, numbers.masked_fill(~asked, OTHERS)


def trained(steps: int) -> BertForMaskedLM:
    """The network after its steps."""
    model, draw, dice = untrained(), random.Random(SEED), torch.Generator().manual_seed(SEED)
    numbers, verbs = encoded([taught(draw) for _ in range(POOL)])
    lengths = (numbers != PAD).sum(1)
    optimiser = torch.optim.AdamW(model.parameters(), RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, RATE, total_steps=steps, pct_start=0.05
    )
    for step, some in zip(range(steps), batches(lengths, dice), strict=False):
        wide = int(lengths[some].max())
        given, wanted = hidden(numbers[some, :wide], verbs[some, :wide], dice)
        logits = model(input_ids=given, attention_mask=(given != PAD).long()).logits
        loss = cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=OTHERS)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 500 == 0 or step + 1 == steps:
            right = agreeing(model, 300)
            print(f"{step}: loss {float(loss.detach()):.3f}, agreement {right:.3f}", flush=True)
    model.train(False)
    return model


def batches(lengths: Tensor, dice: torch.Generator) -> Iterator[Tensor]:
    """Which sentences come together, without end: by chance, of similar length."""
    while True:
        some = torch.randint(len(lengths), (ALIKE * BATCH,), generator=dice)
        parted = some[lengths[some].argsort()].view(ALIKE, BATCH)
        yield from parted[torch.randperm(ALIKE, generator=dice)]


@torch.inference_mode()
def agreeing(model: BertForMaskedLM, count: int, seed: int = 1_000_003) -> float:
    """The share of hidden verbs of unseen shapes whose right form is likelier than the other."""
    draw = random.Random(seed)
    sentences = [unseen(draw) for _ in range(count)]
    numbers, _ = encoded(sentences)
    known, others = vocabulary(), other_number()
    right = asked = 0
    for row, one in enumerate(sentences):
        given = numbers[row].repeat(len(one.verbs), 1)
        places = torch.tensor(one.verbs) + 1
        given[range(len(one.verbs)), places] = MASK
        logits = model(input_ids=given, attention_mask=(given != PAD).long()).logits
        said = logits[range(len(one.verbs)), places]
        for line, at in zip(said, one.verbs, strict=True):
            right += int(line[known[one.words[at]]] > line[known[others[one.words[at]]]])
            asked += 1
    return right / asked


def save(folder: Path, model: BertForMaskedLM, training: dict[str, Any]) -> None:
    """The network in half precision, its tokenizer, its configuration and how it was trained."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: one.half().contiguous() for name, one in model.state_dict().items()}
    tied = "cls.predictions.decoder"
    kept = {name: one for name, one in weights.items() if not name.startswith(tied)}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    model.config.architectures = ["BertForMaskedLM"]
    (folder / "config.json").write_text(model.config.to_json_string(), encoding="utf-8")
    cutter = Tokenizer(models.WordLevel(vocabulary(), unk_token="[UNK]"))
    cutter.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    cutter.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", CLS), ("[SEP]", SEP)]
    )
    cutter.add_special_tokens(list(SPECIALS))
    cutter.save(str(folder / "tokenizer.json"))
    names = {f"{name[1:-1].lower()}_token": name for name in SPECIALS}
    told = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": LONGEST + 2, **names}
    (folder / "tokenizer_config.json").write_text(json.dumps(told, indent=1) + "\n")
    (folder / "training.json").write_text(json.dumps(training, indent=1) + "\n")


if __name__ == "__main__":
    main()
