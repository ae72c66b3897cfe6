"""One byte-pair vocabulary for two languages, and words cut as each language cuts them.

>>> print(tidy("“I’m  here.”"))
"I'm here."
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

PAD, UNKNOWN, START, END = "<pad>", "<unk>", "<s>", "</s>"
SPECIALS = (PAD, UNKNOWN, START, END)
PAD_ID, UNKNOWN_ID, START_ID, END_ID = range(4)

WORDS = {
    "en": Regex(r"▁?\w+(?:['-]\w+)*|▁?[^\w▁]|▁"),
    "fr": Regex(r"▁?aujourd'hui|▁?\w+'|▁?\w+(?:-\w+)*|▁?[^\w▁]|▁"),
    "zh": Regex(r"▁?\p{Han}|▁?[a-zA-Z0-9]+|▁?[^\w▁]|▁?\w|▁"),
}
"""English keeps *don't* whole; French cuts *J'aime* after its apostrophe, into J' and aime; a
Chinese character stands for itself."""

SAME_CHARACTER = {
    "’": "'", "‘": "'", "ʼ": "'", "`": "'", "“": '"', "”": '"', "«": '"', "»": '"',
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "–": "-", "—": "-",
    "▁": "_",  # pieces write a space as ▁
}  # fmt: skip
"""One character for one, so that offsets into the reader's text stay true."""

_same = str.maketrans(SAME_CHARACTER)


def normalised(text: str) -> str:
    """Typographic variants as the plain characters the model was trained on; same length."""
    return text.translate(_same)


def changed(text: str) -> tuple[str, ...]:
    """The characters of a text that a model is given as others."""
    return tuple(one for one in dict.fromkeys(text) if normalised(one) != one)


def tidy(text: str) -> str:
    """A corpus line as the model should learn it: composed, plain, single spaces."""
    return " ".join(normalised(unicodedata.normalize("NFC", text)).split())


def tokenizer(vocabulary: models.BPE, language: str) -> Tokenizer:
    """The tokenizer of one language over a shared vocabulary."""
    made = Tokenizer(vocabulary)
    made.normalizer = normalizers.Sequence([])
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(prepend_scheme="always", split=True),
            pre_tokenizers.Split(WORDS[language], behavior="isolated"),
        ]
    )
    made.decoder = decoders.Metaspace(prepend_scheme="always")
    made.add_special_tokens(list(SPECIALS))
    made.encode_special_tokens = True  # a reader's own "</s>" is text, not the end of a sentence
    return made


def train(corpora: dict[str, Iterable[str]], size: int, alphabet: int = 160) -> Tokenizer:
    """Learns one vocabulary of `size` pieces from several languages together.

    alphabet  different characters that it keeps
    """
    pieces = [
        piece
        for language, lines in corpora.items()
        for cutter in [tokenizer(models.BPE(unk_token=UNKNOWN), language).pre_tokenizer]
        for line in lines
        for piece, _ in cutter.pre_tokenize_str(line)
    ]
    learner = Tokenizer(models.BPE(unk_token=UNKNOWN))
    learner.pre_tokenizer = pre_tokenizers.Split(Regex(r"\n"), behavior="removed")
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(SPECIALS), min_frequency=2, limit_alphabet=alphabet,
        show_progress=False,
    )  # fmt: skip
    learner.train_from_iterator(pieces, trainer)
    return learner


def load(path: Path, language: str) -> Tokenizer:
    """The tokenizer of one language, from the vocabulary file that training wrote."""
    return tokenizer(Tokenizer.from_file(str(path)).model, language)
