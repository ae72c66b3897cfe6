"""The equation of a mechanism in pieces, each of which belongs to a stage of its computation.

_x writes x below the line, ^x above it; braces hold more than one letter. A piece of the stage ""
belongs to none.

>>> print("".join(term.text for term in softmax(*SCALED)))
c_i = Σ_j softmax_j(q_i · k_j / √d + mask) · v_j
>>> [term.text for term in softmax(*SCALED) if term.stage == "key"]
['k_j']
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Term(NamedTuple):
    """A piece of an equation, lit while its stage is looked at."""

    text: str
    stage: str = ""


CONTEXT: Final = Term("c_i = Σ_j ", "context")
VALUE: Final = Term(" · v_j", "value")
MASK: Final = Term(" + mask", "allowed")
PRODUCT: Final = (Term("q_i", "query"), Term(" · ", "scores"), Term("k_j", "key"))
SCALED: Final = (*PRODUCT, Term(" / √d", "scaled"), MASK)
PREPARED: Final = (Term("q_i", "query"), Term(" · ", "scores"), Term("W k_j", "keys"))
PROJECTED: Final = (
    Term("W_h^Q q_i", "queries"), Term(" · ", "scores"), Term("W_h^K k_j", "keys"),
    Term(" / √d", "scaled"),
)  # fmt: skip


def named(name: str, *inner: Term, value: str = "value") -> tuple[Term, ...]:
    """The weighted sum of the values, with the weights called by a function of what is inside."""
    taken = Term(VALUE.text, value)
    return (CONTEXT, Term(f"{name}_j(", "weights"), *inner, Term(")", "weights"), taken)


def softmax(*inner: Term, value: str = "value") -> tuple[Term, ...]:
    """The weighted sum of the values, with the softmax of what is inside as weights."""
    return named("softmax", *inner, value=value)


def in_heads(*inner: Term) -> tuple[Term, ...]:
    """Several heads side by side, through the output's matrix."""
    return (
        Term("[head_1 … head_H] W^O, ", "context"), Term("head_h = Σ_j ", "heads"),
        *softmax(*inner, value="values")[1:],
    )  # fmt: skip


WEIGHTED: Final = (CONTEXT, Term("a_{ij}", "weights"), VALUE)
"""What is true of all of them."""
ADDITIVE: Final = softmax(
    Term("v · tanh(", "scores"), Term("W q_i", "queries"), Term(" + ", "scores"),
    Term("U k_j", "keys"), Term(")", "scores"), MASK,
)  # fmt: skip
BIASED: Final = softmax(
    Term("q_i", "queries"), Term(" · ", "scores"), Term("k_j", "keys"), Term(" / √d", "scaled"),
    Term(" + ", "biased"), Term("bias_{h,i−j}", "bias"), MASK, value="values",
)  # fmt: skip
