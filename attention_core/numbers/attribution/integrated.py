"""Integrated Gradients, by captum: the gradient all along the way from the baseline to the text.

>>> from attention_core.numbers.attribution.planted import planted
>>> found = METHOD.of(planted(), Knobs(steps=1))  # a straight line needs one step
>>> found.scores.tolist(), found.missing
([0.25, 1.5], 0.0)
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from attention_core.errors import AttentionError, Superseded
from attention_core.marking import N_
from attention_core.numbers.attribution.method import Found, Knobs, Method, Passes
from attention_core.numbers.attribution.output import AT_ONCE, Output

MOST: Final = 512


def _attribute(output: Output, knobs: Knobs) -> Found:
    if not 1 <= knobs.steps <= MOST:
        raise AttentionError(
            "Integrated Gradients takes from 1 to {most} steps; {steps} were asked for.",
            most=MOST,
            steps=knobs.steps,
        )
    output.gradient()  # says in words where there is none
    captum = import_module("captum.attr")  # takes a second, which only those wait who ask for it

    def asked(vectors: object) -> object:
        if output.cancelled():
            raise Superseded
        return output.answer(vectors)  # type: ignore[arg-type]

    tokens = len(output.given)
    made = captum.IntegratedGradients(asked).attribute(
        output.given.detach()[None], output.blank.detach()[None], n_steps=knobs.steps,
        method="gausslegendre", internal_batch_size=max(1, AT_ONCE // tokens),
    )  # fmt: skip
    blank = float(output.numbers(output.blank[None])[0])
    return Found(made[0].sum(-1).detach().double().cpu(), output.value - blank)


METHOD = Method(
    "integrated",
    N_("Integrated Gradients"),
    "Sundararajan, Taly & Yan 2017, https://arxiv.org/abs/1703.01365, section 3, eq. 1",
    r"s_j = \sum_d (x_{jd} - x'_{jd}) \int_0^1 \frac{\partial F(x' + a(x - x'))}{\partial x_{jd}}"
    r" \, da",
    N_(
        "It sees the whole model on a straight way from the baseline to the text. The scores add "
        "up to the difference between both ends; they hang on which baseline was chosen."
    ),
    ("gradient", "model"),
    lambda _tokens, knobs: Passes(knobs.steps + 3, knobs.steps + 1),
    _attribute,
    80,
    signed=True,
    knobs=("steps",),
)
