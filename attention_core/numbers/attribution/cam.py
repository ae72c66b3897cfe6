"""Layer Grad-CAM: what a deep layer holds of each token, weighed by what the output gains from it.

>>> from attention_core.numbers.attribution.planted import planted
>>> METHOD.of(planted()).scores.tolist()  # in the mean, a vector counts by half
[0.5, 1.0]
"""

from __future__ import annotations

from attention_core.errors import AttentionError
from attention_core.marking import N_
from attention_core.numbers.attribution.method import Found, Knobs, Method, Passes
from attention_core.numbers.attribution.output import Output, finite


def _attribute(output: Output, _knobs: Knobs) -> Found:
    held = output.features() if output.features else None
    if held is None:
        raise AttentionError(
            "This method needs what a deep layer holds of each place, and {model} does not show "
            "it here; gradients, and leaving parts out, work with every model.",
            model=output.model,
        )
    importance = finite(held.gradient).double().mean(0)
    return Found((held.values.double() @ importance).relu().cpu())


METHOD = Method(
    "grad-cam",
    N_("Layer Grad-CAM"),
    "Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391, section 3, eq. 1 and 2",
    r"s_j = \mathrm{ReLU}\Big(\sum_k A_{jk}\, \frac1n \sum_i "
    r"\frac{\partial F}{\partial A_{ik}}\Big)",
    N_(
        "It sees one deep layer: which of its channels the output gains from, and where they are "
        "strong. It takes each channel to count the same everywhere, and drops what speaks against."
    ),
    ("gradient",),
    lambda _tokens, _knobs: Passes(1, 1),
    _attribute,
    75,
)
