"""Plants every fault, and says how many the tests notice and which they do not."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.mutation.operators import Fault, faults
from tests.mutation.session import survivors
from tests.mutation.targets import ROOT, TARGETS, equivalent


@dataclass(frozen=True)
class Outcome:
    """One module tried: its faults, and those that no test noticed."""

    path: str
    tried: int
    survivors: tuple[Fault, ...]

    @property
    def share(self) -> float:
        return 1 - len(self.survivors) / self.tried if self.tried else 1.0


def main(arguments: Sequence[str]) -> int:
    chosen = _parser().parse_args(arguments)
    unknown = [path for path in chosen.modules if path not in TARGETS]
    if unknown:
        _say(f"{unknown[0]} is no target; the targets are {', '.join(TARGETS)}.")
        return 2
    os.chdir(ROOT)
    outcomes = [_tried(path, chosen) for path in chosen.modules or TARGETS]
    _report(outcomes)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("modules", nargs="*", help="paths, such as models/work/desk.py")
    parser.add_argument("--every", type=int, default=1, help="try only each n-th fault")
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1, help="processes")
    return parser


def _tried(path: str, chosen: argparse.Namespace) -> Outcome:
    began = time.monotonic()
    known = equivalent(path)
    everything = faults((ROOT / path).read_text())
    tried = [fault for fault in everything if fault.key not in known][:: chosen.every]
    left = survivors(path, tried, chosen.at_once)
    seconds = time.monotonic() - began
    _say(f"{path}: {len(tried) - len(left)} of {len(tried)} noticed, {seconds:.0f} s")
    for fault in left:
        _say(f"\n{path}:{fault.lines.start}  in {fault.inside or 'the module'}")
        _say("".join(f"  - {line}\n" for line in fault.was.splitlines()).rstrip())
        _say("".join(f"  + {line}\n" for line in fault.now.splitlines()).rstrip())
    return Outcome(path, len(tried), tuple(left))


def _report(outcomes: Sequence[Outcome]) -> None:
    _say(f"\n{'module':50} {'faults':>7} {'noticed':>8} {'share':>7}")
    for outcome in outcomes:
        caught = outcome.tried - len(outcome.survivors)
        _say(f"{outcome.path:50} {outcome.tried:7} {caught:8} {outcome.share:7.1%}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
