"""What the maps of *What if it were switched off?* cost, as a ratio to one forward pass.

python -m benchmarks.switched

Also how they read: the head that matters most, and where the answer moves.
"""

from __future__ import annotations

import time
from statistics import median
from typing import Final

import torch

from attention_core.numbers.acting import INPUT, patched, returned, states_of, without_each
from attention_core.numbers.attribution import Output
from models.families.asking import Asker, Asking, Wanted
from models.families.reader import Reader
from models.ours.translator.asking import TranslatorAsker
from models.ours.translator.reader import TranslatorReader
from models.store import shelf
from pages.frame.examples import SWITCHED

CASES: Final = {
    "transformer-en-fr": (SWITCHED[0], Wanted("translation", place=7)),
    "minilm": (SWITCHED[3], Wanted("similarity", other="The food was not warm.")),
    "wheel:smollm2": (SWITCHED[1], Wanted("next")),
}
TURNS: Final = 3


def main() -> None:
    torch.set_num_threads(1)
    for name, (pair, wanted) in CASES.items():
        asker, (text, clean) = _asker(name), pair
        if wanted.kind == "next":
            own, theirs = (asker.candidates(one, "next")[0].number for one in (text, clean))
            wanted = Wanted("next", theirs, own)
        output, body = asker.output(text, wanted), asker.body(text)
        lender = asker.output(clean, wanted).given
        ends = float(output.numbers(lender[None])[0]), output.value
        once = _seconds(output)
        began = time.perf_counter()
        off = torch.stack([without_each(output, body, site) - output.value for site in body.seats])
        heads = time.perf_counter() - began
        sites = [one for one in body.places("patch") if not output.crosses or "encoder" in one]
        began = time.perf_counter()
        states = states_of(output, body, sites, "hidden", lender)
        back = [
            returned(patched(output, lender, body, site, "hidden", states), *ends)
            for site in (INPUT, *sites)
        ]
        moved = [int(row.argmax()) + 1 for row in back]
        most = divmod(int(off.abs().argmax()), off.shape[1])
        print(
            f"{name}: one pass {once * 1e3:.0f} ms; {off.numel()} heads {heads:.1f} s = "
            f"{heads / once:.0f} passes; {len(back) * len(lender)} states "
            f"{time.perf_counter() - began:.1f} s = {(time.perf_counter() - began) / once:.0f} "
            f"passes; most: {list(body.seats)[most[0]]} head {most[1]} {off[most]:+.3f}; "
            f"largest return at token {moved}",
            flush=True,
        )


def _asker(name: str) -> Asking:
    found = shelf.load(name)
    if isinstance(found, TranslatorReader):
        return TranslatorAsker(found)
    if not isinstance(found, Reader):
        raise TypeError(name)
    return Asker(found)


def _seconds(output: Output) -> float:
    """Of one forward pass, the middle of a few."""

    def one() -> float:
        began = time.perf_counter()
        output.numbers(output.given[None])
        return time.perf_counter() - began

    return median(one() for _turn in range(TURNS))


if __name__ == "__main__":
    main()
