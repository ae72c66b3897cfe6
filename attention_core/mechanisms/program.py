"""A computation as a list of elementary operations, which a browser can do again without PyTorch.

PyTorch tells a dispatch mode of every operation that it carries out. What depends on the inputs is
written down; what does not, such as positions, patterns and random draws, is a constant. Sizes are
fixed: a program is of one mechanism with its knobs turned, and of so many queries and keys.

Unlike `torch.fx`, which exchanges `nn.Module.__call__` for all threads while it traces, a dispatch
mode is seen by its own thread only, and one program takes about two milliseconds.

>>> made = program(Experiment("luong_dot", {"keys": 3, "queries": 2}))
>>> made.inputs
{'query': 0, 'key': 1, 'value': 2, 'allowed': 3, 'temperature': 4}
>>> [step.arguments for step in made.steps if step.operation == "mm"][0]
['%0', '%5']
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from attention_core.errors import UnverifiedError
from attention_core.mechanisms import experiment as lab
from attention_core.mechanisms.experiment import Experiment
from attention_core.mechanisms.mechanism import Mechanism
from attention_core.mechanisms.registry import stage_of
from attention_core.mechanisms.stages import Stage, marking, parts, stages

OF_THE_SIZE: Final = {"zeros_like", "ones_like", "full_like", "new_zeros", "new_ones", "new_full"}
"""Operations whose result depends on the size of what they are given, never on its numbers."""
SAME_NUMBERS: Final = {
    "unsqueeze", "squeeze", "view", "_unsafe_view", "alias", "detach", "clone", "select", "slice",
    "expand",
}  # fmt: skip
"""Operations that leave numbers and their order alone, unless they leave numbers out or repeat."""


@dataclass(frozen=True)
class Step:
    """One operation: its name without ``aten``, its arguments in order, where results are kept.

    A tensor among the arguments is written ``%3``, by the place where it is kept.
    """

    operation: str
    arguments: list[Any]
    results: list[int]

    def read(self) -> set[int]:
        """The places that it reads."""
        return {int(leaf[1:]) for leaf in tree_leaves(self.arguments) if _is_place(leaf)}


@dataclass(frozen=True)
class Program:
    """What a browser computes with.

    inputs      the name of every input and the place where it is kept
    parameters  the same of what the mechanism has learnt, with its size
    constants   place → tensor
    stages      what is shown, with the place where it is kept
    """

    inputs: dict[str, int]
    parameters: dict[str, tuple[int, list[int]]]
    constants: dict[int, Tensor]
    steps: list[Step]
    stages: list[tuple[Stage, int]]

    def written(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "inputs": self.inputs,
            "parameters": self.parameters,
            "constants": {
                place: {
                    "shape": list(tensor.shape), "bool": tensor.dtype == torch.bool,
                    "numbers": _literal(tensor.flatten().tolist()),
                }
                for place, tensor in self.constants.items()
            },
            "steps": [[step.operation, step.arguments, step.results] for step in self.steps],
            "stages": [
                {
                    "id": stage.name, "place": place, "size": stage.size,
                    "rows": stage.rows, "columns": stage.columns,
                    "shares": stage_of(stage.name).shares,
                }
                for stage, place in self.stages
            ],
        }  # fmt: skip


def program(experiment: Experiment) -> Program:
    """The program of one mechanism with these knobs; numbers, edits and masks are its inputs.

    Numbers and masks change nothing of it: all readers share it. Parameters that the seed fills are
    inputs too, those that it leaves alone constants: see `experiment.invented_by_seed`.

    Raises UnverifiedError where the course of the computation depends on its numbers.
    """
    made = lab.mechanism(experiment)
    inputs: dict[str, Tensor] = {part: lab.rows(experiment, part) for part in lab.PARTS}
    inputs["allowed"] = lab.allowed(experiment)
    inputs["temperature"] = torch.tensor(float(made.temperature), dtype=torch.float64)
    learnt = {
        name: tensor for name, tensor in made.named_parameters() if lab.invented_by_seed(tensor)
    }
    return traced(made, inputs, learnt)


def traced(made: Mechanism, inputs: Mapping[str, Tensor], learnt: Mapping[str, Tensor]) -> Program:
    """What the mechanism does with these inputs, written down; its temperature becomes one."""
    made.temperature = inputs["temperature"]  # type: ignore[assignment]
    query, key, value, allowed = (inputs[name] for name in (*lab.PARTS, "allowed"))
    tape = _Tape(made.card.title, [*inputs.values(), *learnt.values()])
    with torch.no_grad(), marking() as marks, tape:
        trace = made.attend(query, made.prepare(key), value, allowed)
    shown = [
        (stage, tape.root(tape.place(stage.tensor)))
        for stage in (*parts(query=query, key=key, value=value), *stages(marks, trace))
    ]
    steps = _needed(tape.steps, {place for _stage, place in shown})
    read = {place for step in steps for place in step.read()} | {place for _stage, place in shown}
    return Program(
        inputs={name: tape.place(tensor) for name, tensor in inputs.items()},
        parameters={name: (tape.place(of), list(of.shape)) for name, of in learnt.items()},
        constants={place: tape.constants[place] for place in read & tape.constants.keys()},
        steps=steps,
        stages=shown,
    )


def _needed(steps: Sequence[Step], wanted: Iterable[int]) -> list[Step]:
    """The steps that something wanted depends on, in order."""
    wanted, kept = set(wanted), []
    for step in reversed(steps):
        if wanted & set(step.results):
            kept.append(step)
            wanted |= step.read()
    return kept[::-1]


@dataclass
class _Kept:
    """Where each tensor is kept. They are held, so that none is given another's identity."""

    places: dict[int, int] = field(default_factory=dict)
    shapes: dict[int, torch.Size] = field(default_factory=dict)
    tensors: list[Tensor] = field(default_factory=list)

    def put(self, tensor: Tensor, place: int | None = None) -> int:
        """Keeps a tensor at a place of its own, or where the same numbers are kept already."""
        self.places[id(tensor)] = place = len(self.tensors) if place is None else place
        self.tensors.append(tensor)
        self.shapes[place] = tensor.shape
        return place


class _Tape(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Writes down every operation on what depends on the inputs, the same one once."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # nothing here is compiled; the default loads the compiler, for two seconds

    def __init__(self, title: str, inputs: Iterable[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.title = title
        self.kept = _Kept()
        self.live = {self.kept.put(tensor) for tensor in inputs}
        self.constants: dict[int, Tensor] = {}
        self.steps: list[Step] = []
        self.roots: dict[int, int] = {}
        self.known: dict[str, list[int]] = {}  # what was done, or what a constant holds → places

    def __torch_dispatch__(
        self, operation: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        result = operation(*args, **(kwargs or {}))
        if self._lives(operation, tree_leaves((args, kwargs))):
            self._write(operation, _in_order(operation, args, kwargs or {}), result)
        return result

    def place(self, tensor: Tensor) -> int:
        """Where a tensor is kept; one never seen before is a constant, the same one once."""
        place = self.kept.places.get(id(tensor))
        if place is None:
            content = repr((tensor.dtype, tensor.shape, tensor.flatten().tolist()))
            known = self.known.get(content)
            place = self.kept.put(tensor, known[0] if known else None)
            self.known[content] = [place]
            self.constants[place] = tensor.detach()
        return place

    def root(self, place: int) -> int:
        """Where the same numbers in the same order were kept first."""
        while place in self.roots:
            place = self.roots[place]
        return place

    def _lives(self, operation: Any, leaves: Sequence[Any]) -> bool:
        if _name(operation).split(".")[0] in OF_THE_SIZE:
            return False
        places = [self.kept.places.get(id(leaf)) for leaf in leaves if isinstance(leaf, Tensor)]
        return any(place in self.live for place in places)

    def _write(self, operation: Any, arguments: list[Any], result: Any) -> None:
        if operation._schema.is_mutable or operation is torch.ops.aten._local_scalar_dense.default:
            raise UnverifiedError(
                "{title}: the course of the computation depends on its numbers, or it changes "
                "numbers in place ({operation}).",
                title=self.title, operation=_name(operation),
            )  # fmt: skip
        written = _mapped(self._argument, arguments)
        tensors = [leaf for leaf in tree_leaves(result) if isinstance(leaf, Tensor)]
        if (known := self.known.get(repr((operation, written)))) is not None:
            for tensor, place in zip(tensors, known, strict=True):
                self.kept.put(tensor, place)
            return
        places = [self.kept.put(tensor) for tensor in tensors]
        self.known[repr((operation, written))] = places
        self.live.update(places)
        self.steps.append(Step(_name(operation), written, places))
        if (
            _name(operation).split(".")[0] in SAME_NUMBERS
            and result.numel() == arguments[0].numel()
        ):
            self.roots[places[0]] = self.place(arguments[0])

    def _argument(self, leaf: Any) -> Any:
        if not isinstance(leaf, Tensor):
            return _literal(leaf)
        place = self.place(leaf)
        root = self.root(place)
        return f"%{root if self.kept.shapes[root] == leaf.shape else place}"


def _name(operation: Any) -> str:
    return str(operation).removeprefix("aten.").removesuffix(".default")


def _in_order(operation: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
    """All arguments as the operation declares them, left out ones as they are without."""
    declared = operation._schema.arguments
    rest = [kwargs.get(one.name, one.default_value) for one in declared[len(args) :]]
    return [*args, *rest]


def _mapped(change: Callable[[Any], Any], given: Any) -> Any:
    if isinstance(given, list | tuple):
        return [_mapped(change, one) for one in given]
    return change(given)


def _literal(given: Any) -> Any:
    """A number, a word or nothing, as JSON can hold it: infinities are words."""
    if isinstance(given, list):
        return [_literal(one) for one in given]
    if isinstance(given, float) and not math.isfinite(given):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(given, "NaN")
    if given is None or isinstance(given, bool | int | float | str):
        return given
    return str(given).removeprefix("torch.")


def _is_place(leaf: Any) -> bool:
    return isinstance(leaf, str) and leaf.startswith("%")
