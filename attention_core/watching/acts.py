"""What may be done to a running model, to see what hangs on a part of it: one table, `KINDS`.

An `Act` is what a reader says: this head off, that edge cut. A `Body` is what of a model can be
acted upon while it reads one text. `with body.acting(acts)` makes edits of weights and
interventions of them (`attention_core.watching.edit`, `.intervention`); nothing of it is on the
model, and only this thread computes with it. Acts follow one another in their order; what is done
to weights comes before what is done to that which they take.

In an address an act is its kind, where it is, head, query and key, counted from 1. A layer written
``*`` stands for every layer of that stack.

>>> act = Act.parse("edge:decoder.*::3:1")
>>> act.site, act.head, act.query, act.key, str(act)
('decoder.*', None, 2, 0, 'edge:decoder.*::3:1')
>>> Act.parse("head:encoder.0:2") is None, Act.parse("head:encoder.4:2")
(True, Act(kind='head', site='encoder.3', head=1, query=None, key=None))
>>> sorted(KINDS)
['attention', 'edge', 'head', 'hole', 'mean', 'mlp', 'patch', 'uniform']

Sources: heads off, Michel et al. 2019, https://arxiv.org/abs/1905.10650; edges cut before the
softmax ("attention knockout"), Geva et al. 2023, https://arxiv.org/abs/2304.14767; states of
another run, Meng et al. 2022, https://arxiv.org/abs/2202.05262, section 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from torch import Tensor, nn

from attention_core.errors import AttentionError
from attention_core.marking import N_
from attention_core.watching.capture import editing
from attention_core.watching.edit import Edit, placed
from attention_core.watching.intervention import Intervention, Part, intervening, keeping
from attention_core.watching.place import Place

Where = Literal["head", "query", "key"]
EVERY: Final = "*"
"""In place of a layer's number: every layer of the stack."""
MOST: Final = 10_000
"""No head and no token of an address is larger."""


@dataclass(frozen=True)
class Act:
    """One thing that is done. None means all heads, all queries, all keys.

    kind   a name in KINDS
    site   such as ``encoder.3`` or ``cross.0``, or ``decoder.*`` for all layers
    query  the token that looks, or whose state is replaced
    key    the token that is looked at
    """

    kind: str
    site: str
    head: int | None = None
    query: int | None = None
    key: int | None = None

    def __str__(self) -> str:
        stack, _dot, layer = self.site.rpartition(".")
        places = (self.head, self.query, self.key)
        number = layer if layer == EVERY else str(int(layer) + 1)
        counted = ("" if place is None else str(place + 1) for place in places)
        return ":".join((self.kind, f"{stack}.{number}", *counted)).rstrip(":")

    @classmethod
    def parse(cls, text: str) -> Act | None:
        """The act that an address names; None where it names none."""
        kind, _colon, rest = text.partition(":")
        site, *places = rest.split(":")
        stack, _dot, layer = site.rpartition(".")
        if kind not in KINDS or not stack.isalpha() or len(places) > 3:
            return None
        numbers = [_place(one) if one else None for one in (*places, "", "", "")[:3]]
        if any(given and number is None for given, number in zip(places, numbers, strict=False)):
            return None
        if layer == EVERY:
            return cls(kind, f"{stack}.{EVERY}", *numbers)
        place = _place(layer)
        return None if place is None else cls(kind, f"{stack}.{place}", *numbers)


def _place(text: str) -> int | None:
    """A number that counts from 1, counted from 0."""
    good = text.isascii() and text.isdigit() and len(text) < 6
    return int(text) - 1 if good and 0 < int(text) <= MOST else None


class Seat(NamedTuple):
    """One attention of a model, while it reads one text.

    hands   True where it hands on what each head takes away; False for a mechanism with one head
            whose context is used as it is
    causal  True where no query looks at a later key
    """

    module: nn.Module
    heads: int
    queries: int
    keys: int
    hands: bool = True
    causal: bool = False


class Changes(NamedTuple):
    """What acts come to."""

    edits: tuple[Edit, ...] = ()
    interventions: tuple[Intervention, ...] = ()


States = Mapping[str, Tensor]
"""The states of another text that leave each layer: (batch, token, width) by the layer's name."""


@dataclass(frozen=True)
class Body:
    """What of a model can be acted upon while it reads one text.

    seats   its attentions by their names; none where it only reports what they did
    layers  the modules that states leave
    mlps    the modules that give what feed-forward networks add
    model   its name, for sentences
    """

    seats: Mapping[str, Seat]
    layers: Mapping[Place, nn.Module]
    mlps: Mapping[Place, nn.Module]
    model: str = ""
    sites: Mapping[str, nn.Module] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sites", {name: one.module for name, one in self.seats.items()})

    def places(self, kind: str) -> list[str]:
        """Where an act of that kind can be done."""
        what = KINDS[kind].at
        if what == "attention":
            return [name for name, seat in self.seats.items() if seat.hands or kind != "mean"]
        return [str(place) for place in (self.mlps if what == "mlp" else self.layers)]

    def changes(self, acts: Sequence[Act], states: States | None = None) -> Changes:
        """What these acts come to in this model.

        states  of the other text, where an act takes some from it

        Raises AttentionError where an act names what is not there.
        """
        made = [
            KINDS[act.kind].made(act, site, self, states or {})
            for act in acts
            for site in self._meant(act)
        ]
        return Changes(
            tuple(edit for one in made for edit in one.edits),
            tuple(change for one in made for change in one.interventions),
        )

    @contextmanager
    def acting(self, acts: Sequence[Act], states: States | None = None) -> Iterator[None]:
        """What this thread computes inside the block is computed with these acts.

        Raises AttentionError as `changes` does, and at the end when nothing met an intervention.
        """
        with self.changing(self.changes(acts, states)):
            yield

    @contextmanager
    def changing(self, made: Changes) -> Iterator[None]:
        """The same with changes that are known. It stands alone: edits are not nested."""
        with (
            editing(placed(made.edits, self.sites)),
            intervening(made.interventions, self.sites, self.layers, self.mlps),
        ):
            yield

    @contextmanager
    def keeping(self, sites: Sequence[str], part: Part) -> Iterator[dict[tuple[str, Part], Tensor]]:
        """What these sites give on inside the block."""
        wanted = [(site, part) for site in sites]
        with keeping(wanted, self.sites, self.layers, self.mlps) as kept:
            yield kept

    def _meant(self, act: Act) -> list[str]:
        """The places that an act names; raises AttentionError where there is none."""
        known = self.places(act.kind)
        stack, _dot, layer = act.site.rpartition(".")
        if not known:
            raise AttentionError(NOWHERE[KINDS[act.kind].at], model=self.model)
        found = [name for name in known if name.rpartition(".")[0] == stack]
        found = found if layer == EVERY else [name for name in found if name == act.site]
        if not found:
            raise AttentionError(
                "{model} has no place “{site}” for this; it has {known}, counted from 1. Take this "
                "change back.",
                model=self.model,
                site=counted(act.site),
                known=f"{counted(known[0])} – {counted(known[-1])}",
            )
        for name in found:
            self._check(act, name)
        return found

    def _check(self, act: Act, name: str) -> None:
        """Raises AttentionError where a head or a token is not there."""
        seat = self.seats.get(name)
        if seat is None:
            return
        if act.head is not None and act.head >= seat.heads:
            raise AttentionError(
                "There is no head {place} at {site}, which has {size}. Take this change back.",
                place=act.head + 1,
                site=counted(name),
                size=seat.heads,
            )
        for place, size in ((act.query, seat.queries), (act.key, seat.keys)):
            if place is not None and place >= size:
                raise AttentionError(
                    "There is no token {place} at {site}: the text has {size} there. Take this "
                    "change back.",
                    place=place + 1,
                    site=counted(name),
                    size=size,
                )
        if seat.causal and act.key is not None and act.query is not None and act.key > act.query:
            raise AttentionError(
                "Token {query} does not look at token {key}, which comes later, so there is no "
                "edge to cut. Take this change back.",
                query=act.query + 1,
                key=act.key + 1,
            )


NOWHERE: Final = {
    "attention": N_(
        "The heads and edges of {model} cannot be changed: it only reports its attention, has "
        "none, or does not hand on what each head takes away. Choose another model or change."
    ),
    "mlp": N_(
        "The MLPs of {model} were not found: its layers do not end in a matrix that narrows what "
        "another has widened. Heads and states can be changed."
    ),
    "layer": N_(
        "The states of {model} cannot be changed between its layers; change its attention."
    ),
}
"""What is said where a model has no such place."""


def counted(site: str) -> str:
    """A place as readers count: its layers from 1."""
    stack, _dot, layer = site.rpartition(".")
    return site if layer == EVERY else f"{stack}.{int(layer) + 1}"


class Kind(NamedTuple):
    """One way to act.

    title, explanation  for readers, marked for translation
    at                  at which places: attentions, MLPs or layers
    takes               what of an act it heeds; those in `needs` must be said
    made                (act, site, body, states of the other text) to changes
    """

    title: str
    explanation: str
    at: Literal["attention", "mlp", "layer"]
    made: Callable[[Act, str, Body, States], Changes]
    takes: tuple[Where, ...] = ()
    needs: tuple[Where, ...] = ()


def _one(place: int | None) -> tuple[int, ...] | None:
    return None if place is None else (place,)


def _head_off(act: Act, site: str, body: Body, _states: States) -> Changes:
    if body.seats[site].hands:
        return Changes((), (Intervention(site, "heads", "zero", heads=_one(act.head)),))
    return Changes((Edit(site, "remove", heads=_one(act.head)),))


def _attention_off(_act: Act, site: str, body: Body, _states: States) -> Changes:
    if body.seats[site].hands:
        return Changes((), (Intervention(site, "attention", "zero"),))
    return Changes((Edit(site, "remove"),))


def _mlp_off(_act: Act, site: str, _body: Body, _states: States) -> Changes:
    return Changes((), (Intervention(site, "mlp", "zero"),))


def _edge_cut(act: Act, site: str, _body: Body, _states: States) -> Changes:
    return Changes((Edit(site, "set", _one(act.head), _one(act.query), _one(act.key), 0.0),))


def _edge_emptied(act: Act, site: str, _body: Body, _states: States) -> Changes:
    return Changes((Edit(site, "zero", _one(act.head), _one(act.query), _one(act.key)),))


def _uniform(act: Act, site: str, _body: Body, _states: States) -> Changes:
    return Changes((Edit(site, "uniform", _one(act.head), _one(act.query)),))


def _mean(act: Act, site: str, _body: Body, _states: States) -> Changes:
    return Changes((), (Intervention(site, "heads", "mean", heads=_one(act.head)),))


def _patched(act: Act, site: str, _body: Body, states: States) -> Changes:
    theirs = states.get(site)
    if theirs is None:
        raise AttentionError(
            "This change takes a state from another sentence, and there is none; write the other "
            "sentence, or take the change back."
        )
    if act.query is not None and act.query >= theirs.shape[-2]:
        raise AttentionError(
            "There is no token {place} in the other sentence, which has {size}. Take this change "
            "back.",
            place=act.query + 1,
            size=theirs.shape[-2],
        )
    value = theirs if act.query is None else theirs[..., [act.query], :]
    return Changes((), (Intervention(site, "hidden", "replace", value, tokens=_one(act.query)),))


KINDS: Final[dict[str, Kind]] = {
    "head": Kind(
        N_("head off"),
        N_("What the head takes away from the tokens is 0."),
        "attention", _head_off, ("head",), ("head",),
    ),
    "attention": Kind(
        N_("attention off"),
        N_("The layer’s attention adds nothing: what its output projection makes is 0."),
        "attention", _attention_off,
    ),
    "mlp": Kind(
        N_("MLP off"),
        N_("The layer’s feed-forward network adds nothing."),
        "mlp", _mlp_off,
    ),
    "edge": Kind(
        N_("edge cut"),
        N_(
            "One token may not look at another: its score is −∞ before the softmax, so the other "
            "weights grow and the row still sums to 1."
        ),
        "attention", _edge_cut, ("head", "query", "key"), ("query", "key"),
    ),
    "hole": Kind(
        N_("edge emptied"),
        N_(
            "The weight of one token on another is 0 after the softmax; the other weights stay as "
            "they are, and the row sums to less than 1."
        ),
        "attention", _edge_emptied, ("head", "query", "key"), ("query", "key"),
    ),
    "uniform": Kind(
        N_("row made even"),
        N_("A token looks at all that it may look at alike."),
        "attention", _uniform, ("head", "query"),
    ),
    "mean": Kind(
        N_("head at its mean"),
        N_(
            "At every token the head gives the mean of what it takes away at all tokens of this "
            "text, later ones too: what it adds everywhere stays, what it tells apart is gone."
        ),
        "attention", _mean, ("head",), ("head",),
    ),
    "patch": Kind(
        N_("state from the other sentence"),
        N_(
            "What leaves the layer at a token is what leaves it at the same place of the other "
            "sentence, read as it is."
        ),
        "layer", _patched, ("query",), ("query",),
    ),
}  # fmt: skip
"""What can be done; another kind is one entry more."""
