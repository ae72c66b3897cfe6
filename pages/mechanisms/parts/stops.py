"""The stops of the story: what was missing, what was found, and what it costs. Our own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from attention_core.marking import N_
from attention_core.mechanisms import at_stop


@dataclass(frozen=True)
class Stop:
    """One stop on the way.

    year        when it came; a span where a family grew over years
    name        short, for the row of stops

    What is drawn at a stop says so on its card.
    """

    key: str
    year: str
    name: str
    missing: str
    found: str
    price: str

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """Of the registry, whose pictures are drawn; each one's paper is named."""
        return at_stop(self.key)


STOPS: Final = (
    Stop(
        "bottleneck",
        "2014",
        N_("One vector for a sentence"),
        N_(
            "The first neural translators read a sentence word by word and kept one vector of "
            "numbers, always of the same size. A reader who may not look back must remember "
            "everything at once."
        ),
        N_(
            "It worked at all: a network could translate. Short sentences came out well, and "
            "quality fell with every further word. The page “Why attention?” shows it, measured."
        ),
        N_(
            "Whatever does not fit into the vector is lost, and the beginning of a long sentence "
            "is lost first."
        ),
    ),
    Stop(
        "additive",
        "2014",
        N_("Looking back: additive"),
        N_("A translator needs one or two source words at a time, but not always the same ones."),
        N_(
            "Before each word that it writes, the translator asks every source word: do you "
            "matter now? A small network scores each pair, a softmax turns scores into shares of "
            "1, and the shares decide how much of each word is taken. Nobody says which word "
            "belongs to which; that is learnt from translations alone."
        ),
        N_("One small network run for every pair of words: slow, and hard to run all at once."),
    ),
    Stop(
        "luong",
        "2015",
        N_("Simpler scores: dot and general"),
        N_("Is a network for every pair needed?"),
        N_(
            "No. A dot product, with or without a learnt matrix between, scores a pair in one "
            "step; all pairs become one product of matrices, which machines do fast. On this "
            "page one matrix (“general”) imitates the head almost exactly, for the head is itself "
            "a dot product."
        ),
        N_(
            "Query and key must live in spaces of the same size, or a matrix must bring them "
            "there."
        ),
    ),
    Stop(
        "local",
        "2015",
        N_("Only near: local attention"),
        N_("Looking at every word of a long text costs much, and most words never matter."),
        N_(
            "Look at a small window only. Either it moves along with the output (local-m), or the "
            "network predicts where its centre should be (local-p)."
        ),
        N_("What lies outside the window does not exist. If the order changes, local-m misses it."),
    ),
    Stop(
        "hard",
        "2015",
        N_("Soft or hard"),
        N_(
            "People look at one place, then at another. Shares of everything at once look "
            "different."
        ),
        N_(
            "Hard attention draws one key and takes it whole. A draw has no slope to learn by, so "
            "it is learnt by trial and reward (REINFORCE), or by pretending on the way back that "
            "the look was soft (straight-through)."
        ),
        N_("Noise in learning. Soft attention is easier to train, and is what nearly all use."),
    ),
    Stop(
        "key_value",
        "2016–2017",
        N_("Keys are not values"),
        N_("One vector had to serve for being found and for being used."),
        N_(
            "Give every word two: a key to be found by and a value to be taken. As in a library, "
            "the label on the spine is not the text inside."
        ),
        N_("Twice as much to keep in memory."),
    ),
    Stop(
        "zeros",
        "2016–2019",
        N_("Exactly nothing: sparsemax, entmax"),
        N_("A softmax never gives exactly zero; a long tail of words gets a little each."),
        N_(
            "Take the nearest point to the scores that is a set of shares. Low scores fall to "
            "exactly zero. α-entmax has a knob between softmax (1) and sparsemax (2)."
        ),
        N_("Sorting or searching for a threshold; a word at zero gets no slope to come back by."),
    ),
    Stop(
        "crossmodal",
        "2016–2021",
        N_("Words and pictures"),
        N_("A question about a picture needs words to find regions, and regions to find words."),
        N_(
            "Co-attention lets question and picture look at each other; stacked cross attention "
            "lets every word choose its regions. CLIP has no such look: two towers, each with "
            "attention inside, and one similarity at the end. Here both sides are the words of "
            "one sentence; there is no picture."
        ),
        N_(
            "Looking across must be done for every pair of text and picture; two towers are "
            "computed once each, which is why search engines use those."
        ),
    ),
    Stop(
        "transformer",
        "2017",
        N_("Attention alone: the Transformer"),
        N_(
            "Networks that read word by word cannot read all words at once, and what is far away "
            "has a long way to come."
        ),
        N_(
            "Leave out the reading in order. Every word looks at every word of its own sentence "
            "(self-attention), in several heads, each with its own question; a decoder looks at "
            "the source in the same way (cross-attention). Scores are divided by √d, so that wide "
            "vectors do not make the softmax all or nothing."
        ),
        N_(
            "Every pair of words is scored: twice the length, four times the work. And order must "
            "be told, for without it a sentence is a bag of words."
        ),
    ),
    Stop(
        "routing",
        "2017",
        N_("The other way round: routing"),
        N_("In attention a reader chooses. Could the parts choose the whole that they belong to?"),
        N_(
            "Each part divides itself among the wholes; those on which many parts agree get more "
            "of them in the next round. The shares of a part sum to 1, where in attention those "
            "of a reader do: here columns, not rows."
        ),
        N_("Several rounds for every look, and little use beyond small pictures so far."),
    ),
    Stop(
        "position",
        "2018–2021",
        N_("Where words stand"),
        N_("A dot product does not know whether two words are neighbours or far apart."),
        N_(
            "Add a learnt number for every distance (relative biases), subtract more the farther "
            "away a word is (ALiBi), or turn queries and keys by an angle that grows with their "
            "position, so that the product knows the distance only (rotary). Most models of today "
            "turn."
        ),
        N_(
            "Here the head was trained without these, and given them it looks elsewhere: what a "
            "model learnt with cannot simply be exchanged."
        ),
    ),
    Stop(
        "span",
        "2019",
        N_("A span for each head"),
        N_("Some heads need the last word only, others the last thousand. One window fits none."),
        N_(
            "Let each head learn how far back it looks, with a soft edge so that the length has a "
            "slope, and make long spans cost something in training. Most heads become short."
        ),
        N_("A soft edge to compute, and a price to choose. It looks back only, so the first word "
           "sees nothing here."),
    ),
    Stop(
        "convolution",
        "2019",
        N_("No looking at all: DynamicConv"),
        N_("Must words be compared with words?"),
        N_(
            "LightConv slides one learnt set of weights along the sentence, whatever the words. "
            "DynamicConv lets the word at the centre choose its weights, but never looks at the "
            "others. In translation that came surprisingly close."
        ),
        N_("Fixed reach; what a neighbour is cannot change how much of it is taken."),
    ),
    Stop(
        "sparse",
        "2020",
        N_("Long texts: Longformer, BigBird"),
        N_("Four times the work for twice the length: a book is out of reach."),
        N_(
            "Score only some pairs: neighbours in a window, a few global words that see all and "
            "are seen by all, and some drawn at random. With a global word, any two words are two "
            "steps apart. The work grows with the length, no longer with its square."
        ),
        N_("A pair that is not scored needs two layers, and a relay, to hear of each other."),
    ),
    Stop(
        "today",
        N_("2019–today"),
        N_("Today: shared keys, windows, turns"),
        N_(
            "A model that writes keeps the keys and values of everything so far. For long texts "
            "that memory, not the arithmetic, is the limit."
        ),
        N_(
            "Let groups of heads share keys and values (grouped-query attention; one group is "
            "multi-query), turn them by their position (rotary), and in some layers look at a "
            "window only. Many open models of recent years combine these three."
        ),
        N_("A little quality for much memory: shared keys cannot ask as many different questions."),
    ),
)  # fmt: skip

ANALOGY: Final = (
    N_(
        "Attention is named after what people do: at a party you follow one voice, and in a "
        "picture your eyes go to the face. A head, too, gives much weight to little."
    ),
    N_(
        "But the likeness ends soon. People choose where to look before they know what is there, "
        "one place after the other, and get tired; a head scores everything at once and never "
        "tires. People mean something by looking; a weight is a number that made an error smaller "
        "during training. And a large weight need not matter: whether it does must be tried, by "
        "taking it away and seeing what changes."
    ),
)
