"""Sparse patterns: the equations, worked out one number at a time."""

from __future__ import annotations

from tests.equations.builder import Builder, Equation

BUILDERS: dict[str, Builder] = {}

BY_HAND: dict[str, Equation] = {}
