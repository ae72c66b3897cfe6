"""Plants every fault, and says how many the tests notice and which they do not."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.mutation.operators import Fault, faults
from tests.mutation.targets import ROOT, TARGETS, equivalent, module_name
from tests.mutation.trial import GRACE, Baseline, Trial, baseline, noticed, preload


@dataclass(frozen=True)
class Outcome:
    """One module tried: its faults, and those that no test noticed."""

    path: str
    tried: int
    survivors: tuple[Fault, ...]
    equivalent: int

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
    base = baseline(ROOT / path, TARGETS[path])
    if base.code:
        raise SystemExit(f"The tests of {path} fail without a fault; mend them first.")
    preload(base.libraries)
    known = equivalent(path)
    everything = faults((ROOT / path).read_text())
    open_ = [fault for fault in everything if fault.key not in known][:: chosen.every]
    left = _survivors(path, open_, base, chosen.at_once)
    _say(
        f"{path}: {len(open_) - len(left)} of {len(open_)} noticed, "
        f"{time.monotonic() - began:.0f} s"
    )
    return Outcome(path, len(open_), tuple(left), len(everything) - len(open_))


def _survivors(path: str, tried: list[Fault], base: Baseline, at_once: int) -> list[Fault]:
    """Those that pass the tests of their line, and then all tests of the module."""
    left = tried
    for whole in (False, True):
        trials = [_trial(path, fault, base, whole) for fault in left]
        seen = [0]

        def tell(place: int, fell: bool) -> None:
            seen[0] += 1
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{seen[0]} of {len(trials)} \r")  # noqa: B023

        fell = noticed(trials, at_once, tell)
        left = [fault for fault, gone in zip(left, fell, strict=True) if not gone]
    return left


def _trial(path: str, fault: Fault, base: Baseline, whole: bool) -> Trial:
    tests = () if whole else tuple(base.covering(fault.lines))
    names = tests or tuple(TARGETS[path])
    seconds = sum(base.seconds[name] for name in tests or base.seconds)
    return Trial(module_name(path), fault.source, names, GRACE + 5 * seconds)


def _report(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        for fault in outcome.survivors:
            _say(f"\n{outcome.path}:{fault.lines.start}  in {fault.inside or 'the module'}")
            _say("".join(f"  - {line}\n" for line in fault.was.splitlines()).rstrip())
            _say("".join(f"  + {line}\n" for line in fault.now.splitlines()).rstrip())
    _say(f"\n{'module':50} {'faults':>7} {'noticed':>8} {'share':>7}")
    for outcome in outcomes:
        caught = outcome.tried - len(outcome.survivors)
        _say(f"{outcome.path:50} {outcome.tried:7} {caught:8} {outcome.share:7.1%}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
