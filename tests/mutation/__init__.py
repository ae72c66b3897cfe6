"""How well the tests bite: faults planted one at a time, and whether a test notices each.

`make mutants` does it for the modules in `targets`, `make mutants MODULE=models/work/desk.py` for
one of them, and `EVERY=5` tries only each fifth fault. It is no part of continuous integration.
"""
