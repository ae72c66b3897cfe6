"""What each mechanism makes of one input of a task, and where it looked while it did.

>>> from models.ours.proofs.registry import task
>>> facts = task("facts")
>>> reply = answered(facts, "key_value", facts.read("Anna: red, Ben: blue. Ben?"))
>>> reply.answers, str(reply.record.sites[0].place), reply.record.sites[0].integrity.verified
(('blue',), 'cross.0', True)
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn

from attention_core.axes.tokens import TextAxis, Token
from attention_core.errors import ModelError
from attention_core.watching.record import AttentionRecord
from models.ours.looks import site
from models.ours.proofs.registry import CHECKPOINTS
from models.ours.proofs.stack import Found
from models.ours.proofs.task import Contender, Example, Task


@dataclass(frozen=True)
class Reply:
    """What a model says.

    answers  one for each place that is asked
    chances  of each answer, from 0 to 1
    record   every look; its queries are all tokens, or the asked one alone
    """

    answers: tuple[str, ...]
    chances: tuple[float, ...]
    record: AttentionRecord


def contender(chosen: Task, name: str) -> Contender:
    """Raises ModelError where the task has none of that name."""
    for one in chosen.contenders:
        if one.name == name:
            return one
    raise ModelError(
        "There is no mechanism “{name}” in {task}; there are {known}.",
        name=name[:40],
        task=chosen.name,
        known=", ".join(one.name for one in chosen.contenders),
    )


@cache
def card(chosen: str) -> dict[str, Any]:
    """What training measured of each contender of a task, by its name."""
    found: dict[str, Any] = json.loads(
        (CHECKPOINTS / chosen / "card.json").read_text(encoding="utf-8")
    )
    return found


@cache
def model(chosen: Task, name: str) -> nn.Module:
    """The trained network, in single precision."""
    made = contender(chosen, name).build()
    held = load_file(CHECKPOINTS / chosen.name / f"{name}.safetensors")
    made.load_state_dict({key: tensor.float() for key, tensor in held.items()})
    return made.eval().requires_grad_(False)


def answered(chosen: Task, name: str, example: Example) -> Reply:
    """The model's answers to one input; raises ModelError for a mechanism that is not there."""
    with torch.inference_mode():
        found: Found = model(chosen, name)(torch.tensor([chosen.ids(example.tokens)]))
    chances = found.logits[0, list(example.asked)].softmax(-1)
    best = chances.max(-1)
    axis = along(example.tokens)
    said = tuple(chosen.classes[place] for place in best.indices.tolist())
    queries = {len(axis): axis, 1: along([example.tokens[-1]])}
    if chosen.writes:
        queries = {len(said): along(said)}
    sites = tuple(site(look, queries[look.trace.weights.shape[-2]], axis) for look in found.looks)
    return Reply(
        said,
        tuple(best.values.tolist()),
        AttentionRecord(f"proof:{chosen.name}:{name}", sites, (axis,)),
    )


def along(tokens: tuple[str, ...] | list[str]) -> TextAxis:
    """The tokens of an example as an axis."""
    made, at = [], 0
    for token in tokens:
        made.append(Token(token, at, at + len(token), special=token.startswith("[C")))
        at += len(token) + 1
    return TextAxis("text", " ".join(tokens), tuple(made))
