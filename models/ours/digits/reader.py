"""The networks of digits as pages use them: ink in; what was seen, believed and routed out.

>>> from models.ours.digits.strokes import drawn, ready
>>> scene = placed(drawn(ready()[3]), 5)
>>> glance = glimpse("reinforce", scene)
>>> glance.chances.shape, [len(site.keys) for site in glance.record.sites]
(torch.Size([4, 10]), [144, 144, 144, 144])
>>> all(site.integrity.verified for site in glance.record.sites)
True
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from attention_core.axes.patches import Box, Patch, PatchAxis, patches
from attention_core.axes.tokens import TextAxis, Token
from attention_core.watching.record import AttentionRecord
from models.ours.digits.capsules import KINDS, PAPER_EDGE, PLACES, Capsules
from models.ours.digits.glimpses import AROUND, RETINA, Glimpses
from models.ours.digits.recipes import open_model
from models.ours.digits.scene import CELL, GRID, PAPER, ROOM, WIDE, Scene, among, clutter, laid
from models.ours.digits.strokes import Ink, drawn, fitted, ready
from models.ours.looks import site


class Glance(NamedTuple):
    """What a network saw of one scene, look by look.

    weights  (look, cell), what it took away of each cell
    drawing  (look, cell), the chances that it drew by; the weights, where nothing is drawn
    chances  (look, digit), what it believed after each look
    record   one site a look, `glimpse-cross.0` and on
    """

    scene: Scene
    weights: Tensor
    drawing: Tensor
    chances: Tensor
    record: AttentionRecord[Any]


class Vote(NamedTuple):
    """How the parts of one paper were shared among the digits.

    lengths   (digit,), from 0 to 1: how sure it is that each is there
    parts     (part,), the same of the parts
    rounds    (round, digit, part), the shares; over the digits they sum to 1
    scores    (digit, part), the agreement that the last round was made of, b
    entropy   (round,), of a part's shares in nats, the mean over the parts by their length
    record    one site, `capsules-cross.0`
    """

    lengths: Tensor
    parts: Tensor
    rounds: Tensor
    scores: Tensor
    entropy: Tensor
    record: AttentionRecord[Any]


def placed(ink: Ink, number: int) -> Scene:
    """A reader's digit somewhere among clutter of our own digits; another number, another place.

    Raises AttentionError where there is nothing on the paper.
    """
    dice = np.random.default_rng(number)
    top, left = (int(one) for one in dice.integers(0, ROOM + 1, 2))
    return among(fitted(ink), top, left, clutter(dice, [fitted(drawn(one)) for one in ready()]))


def paper(first: Ink, second: Ink | None, apart: tuple[int, int]) -> Ink:
    """(12, 12): one digit in the middle; or two, the second so many pixels down and across.

    Raises AttentionError where there is nothing on one of both.
    """
    down, across = apart
    room = PAPER - 8
    if second is None:
        return laid([fitted(first)], [(room // 2, room // 2)])
    top, left = (room - abs(down)) // 2, (room - abs(across)) // 2
    one = (top + max(0, -down), left + max(0, -across))
    return laid([fitted(first), fitted(second)], [one, (one[0] + down, one[1] + across)])


@lru_cache(maxsize=64)
def _glimpses(name: str, draw: int) -> Glimpses:
    made: Glimpses = open_model(name, draw)
    return made


@lru_cache(maxsize=4)
def _capsules(name: str) -> Capsules:
    made: Capsules = open_model(name)
    return made


@torch.inference_mode()
def glimpse(name: str, scene: Scene, draw: int = 0) -> Glance:
    """What one of the networks makes of a scene. draw: another number, other draws"""
    found = _glimpses(name, draw)(torch.from_numpy(scene.pixels).float().unsqueeze(0))
    queries = _asks("glimpse")
    cells = patches(GRID, GRID, WIDE, WIDE)
    sites = tuple(site(look, queries, cells) for look in found.looks)
    traces = [look.trace for look in found.looks]
    extras = [{one.name: one.tensor for one in trace.extras} for trace in traces]
    drawing = [
        one.get("probabilities", trace.weights) for one, trace in zip(extras, traces, strict=True)
    ]
    return Glance(
        scene,
        torch.cat([trace.weights[0, 0] for trace in traces]),
        torch.cat([one[0, 0] for one in drawing]),
        found.logits[0].softmax(-1),
        AttentionRecord(f"digits:{name}", sites, (queries, cells)),
    )


@torch.inference_mode()
def vote(name: str, ink: Ink) -> Vote:
    """How one of the capsule networks reads a paper of 12 × 12."""
    found = _capsules(name)(torch.from_numpy(ink).float().unsqueeze(0))
    trace, axis, parts = found.look.trace, digits(), along()
    rounds = torch.stack([one.tensor[0, 0] for one in trace.extras if one.name.startswith("round")])
    present = found.parts[0]
    spread = -(rounds * rounds.clamp_min(1e-12).log()).sum(1)  # (round, part)
    return Vote(
        found.lengths[0], present, rounds, trace.scores[0, 0],
        (spread * present).sum(-1) / present.sum().clamp_min(1e-12),
        AttentionRecord(f"digits:{name}", (site(found.look, axis, parts),), (axis, parts)),
    )  # fmt: skip


def _asks(name: str) -> TextAxis:
    return TextAxis(name, "?", (Token("?", 0, 1),))


def digits() -> TextAxis:
    """The ten digits, which share the parts."""
    return TextAxis("digit", "0123456789", tuple(Token(str(n), n, n + 1) for n in range(10)))


def along() -> PatchAxis:
    """The parts: four kinds at each of 5 × 5 places, each made of 6 × 6 pixels."""
    made = []
    for place in range(PLACES * PLACES):
        row, column = divmod(place, PLACES)
        left, top = CELL * column + PAPER_EDGE, CELL * row + PAPER_EDGE
        box = Box(left, top, left + CELL, top + CELL)
        text = f"{row + 1}, {column + 1}"
        made += [Patch(f"{text}: {kind + 1}", box, False, row, column) for kind in range(KINDS)]
    return PatchAxis("parts", tuple(made), PAPER, PAPER)


def by_place(found: Vote) -> Tensor:
    """(place,): how much of what is there lies at each place, of 1."""
    there = found.parts.view(-1, KINDS).sum(-1)
    return there / there.sum().clamp_min(1e-12)


def towards(found: Vote, digit: int, round_: int) -> Tensor:
    """(place,): how much of the parts at each place goes to a digit, weighted by their lengths."""
    shares = (found.rounds[round_, digit] * found.parts).view(-1, KINDS).sum(-1)
    there: Tensor = found.parts.view(-1, KINDS).sum(-1)
    return shares / there.clamp_min(1e-12)


def seen(scene: Scene, cell: int) -> Ink:
    """(10, 10): what the retina sees when it looks at a cell: 6 × 6 pixels sharply, and around
    them the means of 2 × 2; nothing beyond the edge.
    """
    edge = (AROUND - CELL) // 2
    wide = np.pad(scene.pixels, edge)
    row, column = divmod(cell, GRID)
    sharp = wide[row * CELL : row * CELL + AROUND, column * CELL : column * CELL + AROUND]
    means = sharp.reshape(AROUND // 2, 2, AROUND // 2, 2).mean((1, 3))
    made: Ink = means.repeat(2, 0).repeat(2, 1)
    inner = slice((AROUND - RETINA) // 2, (AROUND + RETINA) // 2)
    made[inner, inner] = sharp[inner, inner]
    return made


def taken(scene: Scene, weights: Tensor) -> Ink:
    """(10, 10): the mean of what the retina sees at every cell, by its weight. weights (cell,)"""
    every = np.stack([seen(scene, cell) for cell in range(GRID * GRID)])
    mean: Ink = np.tensordot(weights.double().numpy(), every, 1)
    return mean


def retina(cell: int, side: int = RETINA) -> Box:
    """The pixels of the scene that one look sees sharply; or, `AROUND`, at all."""
    row, column = divmod(cell, GRID)
    edge = (side - CELL) // 2
    left, top = column * CELL - edge, row * CELL - edge
    return Box(left, top, left + side, top + side)
