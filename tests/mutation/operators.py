"""The faults: every small change of a module that its tests ought to notice.

    >>> [fault.now for fault in faults("def larger(a, b):\\n    return a > b")]
    ['return a >= b', 'return a < b', 'return None']

Strings, annotations and decorators are left as they are.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import singledispatch
from typing import Final, NamedTuple, TypeAlias

Place: TypeAlias = tuple[ast.AST, str, int | None]
"""Where a node hangs: its parent, the parent's field, and the place in it where that is a list."""

COMPARISONS: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
OPERATIONS: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
}
OPPOSITES: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
LARGE: Final = 1_000
"""A fraction that is larger is doubled and halved: one more or less would be no fault."""
UNTOUCHED: Final = ("annotation", "returns", "decorator_list")


@dataclass(frozen=True)
class Fault:
    """One change of a module.

    lines   of the statement, from 1; of one that holds others, those of its head
    inside  the function or class around it, with those around that; "" at the top
    was     the changed lines before, without their indent
    now     the same after
    source  the whole module with the fault in it
    """

    lines: range
    inside: str
    was: str
    now: str
    source: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from the module's other faults, wherever in the file it stands."""
        return self.inside, self.was, self.now


def faults(source: str) -> list[Fault]:
    """Every fault of a module, from top to bottom; none is there twice."""
    tree = ast.parse(source)
    whole = ast.unparse(tree)
    found: dict[str, Fault] = {}
    for spot in _spots(tree, range(1, 2), ""):
        for variant in _variants(spot.node):
            with_it = _unparsed(tree, spot, variant)
            was, now = _changed_lines(whole, with_it)
            if with_it != whole:
                found.setdefault(with_it, Fault(spot.lines, spot.inside, was, now, with_it))
    return list(found.values())


class _Spot(NamedTuple):
    node: ast.AST
    place: Place
    lines: range
    inside: str


def _spots(parent: ast.AST, lines: range, inside: str) -> Iterator[_Spot]:
    """All nodes that may be changed, with where they hang and what is around them."""
    for name, value in ast.iter_fields(parent):
        if name in UNTOUCHED or isinstance(parent, ast.JoinedStr) or _is_net(parent):
            continue
        for index, node in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(node, ast.AST):
                continue
            here = _lines(node) if isinstance(node, ast.stmt) else lines
            place = (parent, name, index if isinstance(value, list) else None)
            yield _Spot(node, place, here, inside)
            yield from _spots(node, here, _inside(node, inside))


def _is_net(node: ast.AST) -> bool:
    """`strict=True` of a zip: a net beneath what cannot happen, which no test can reach."""
    return isinstance(node, ast.keyword) and node.arg == "strict"


def _lines(statement: ast.stmt) -> range:
    body = getattr(statement, "body", None)
    end = body[0].lineno if body else (statement.end_lineno or statement.lineno) + 1
    return range(statement.lineno, max(end, statement.lineno + 1))


def _inside(node: ast.AST, around: str) -> str:
    """The name of the function or class that this node is, or is in."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        return f"{around}.{node.name}".strip(".")
    return around


def _unparsed(tree: ast.AST, spot: _Spot, variant: ast.AST) -> str:
    """The module's text with one node in place of another; the tree is as before afterwards."""
    parent, name, index = spot.place
    if index is None:
        setattr(parent, name, variant)
    else:
        getattr(parent, name)[index] = variant
    text = ast.unparse(tree)
    if index is None:
        setattr(parent, name, spot.node)
    else:
        getattr(parent, name)[index] = spot.node
    return text


def _changed_lines(before: str, after: str) -> tuple[str, str]:
    changes = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    was, now = (
        "\n".join(line[2:].strip() for line in changes if line.startswith(mark)) for mark in "-+"
    )
    return was, now


# --- what may become of a node ---


@singledispatch
def _variants(node: ast.AST) -> Iterator[ast.AST]:
    yield from ()


@_variants.register
def _(node: ast.Compare) -> Iterator[ast.AST]:
    for index, operator in enumerate(node.ops):
        for other in COMPARISONS[type(operator)]:
            yield ast.Compare(
                node.left, [*node.ops[:index], other(), *node.ops[index + 1 :]], node.comparators
            )


@_variants.register
def _(node: ast.BinOp) -> Iterator[ast.AST]:
    if type(node.op) in OPERATIONS:
        yield ast.BinOp(node.left, OPERATIONS[type(node.op)](), node.right)


@_variants.register
def _(node: ast.AugAssign) -> Iterator[ast.AST]:
    if type(node.op) in OPERATIONS:
        yield ast.AugAssign(node.target, OPERATIONS[type(node.op)](), node.value)
    yield ast.Pass()


@_variants.register
def _(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)


@_variants.register
def _(node: ast.UnaryOp) -> Iterator[ast.AST]:
    yield node.operand


@_variants.register
def _(node: ast.Constant) -> Iterator[ast.AST]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, float) and abs(node.value) >= LARGE:
        yield ast.Constant(node.value * 2)
        yield ast.Constant(node.value / 2)
    elif isinstance(node.value, int | float):
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)


@_variants.register
def _(node: ast.Name) -> Iterator[ast.AST]:
    if node.id in OPPOSITES:
        yield ast.Name(OPPOSITES[node.id], node.ctx)


@_variants.register
def _(node: ast.Attribute) -> Iterator[ast.AST]:
    if node.attr in OPPOSITES:
        yield ast.Attribute(node.value, OPPOSITES[node.attr], node.ctx)


@_variants.register
def _(node: ast.Slice) -> Iterator[ast.AST]:
    if node.lower:
        yield ast.Slice(None, node.upper, node.step)
    if node.upper:
        yield ast.Slice(node.lower, None, node.step)


@_variants.register
def _(node: ast.Return) -> Iterator[ast.AST]:
    if node.value and not (isinstance(node.value, ast.Constant) and node.value.value is None):
        yield ast.Return(ast.Constant(None))


@_variants.register
def _(node: ast.Expr) -> Iterator[ast.AST]:
    if isinstance(node.value, ast.Call):
        yield ast.Pass()


@_variants.register(ast.Raise)
@_variants.register(ast.Delete)
@_variants.register(ast.Continue)
@_variants.register(ast.Break)
def _(node: ast.AST) -> Iterator[ast.AST]:
    yield ast.Pass()


@_variants.register
def _(node: ast.Assign) -> Iterator[ast.AST]:
    """A name that is never set would only be a NameError."""
    if not any(isinstance(part, ast.Name) for target in node.targets for part in _parts(target)):
        yield ast.Pass()


def _parts(target: ast.expr) -> list[ast.expr]:
    return target.elts if isinstance(target, ast.Tuple) else [target]


@_variants.register(ast.If)
@_variants.register(ast.While)
@_variants.register(ast.IfExp)
def _(node: ast.If | ast.While | ast.IfExp) -> Iterator[ast.AST]:
    if not _flips(node.test):
        other = deepcopy(node)
        other.test = ast.UnaryOp(ast.Not(), node.test)
        yield other


@_variants.register
def _(node: ast.comprehension) -> Iterator[ast.AST]:
    for index, test in enumerate(node.ifs):
        if not _flips(test):
            negated = ast.UnaryOp(ast.Not(), test)
            yield ast.comprehension(
                node.target, node.iter,
                [*node.ifs[:index], negated, *node.ifs[index + 1 :]], node.is_async,
            )  # fmt: skip


def _flips(test: ast.expr) -> bool:
    """Whether a condition has a fault of its own that turns it round."""
    return isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp)
