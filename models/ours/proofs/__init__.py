"""Small models, each trained on one task with one mechanism: what a mechanism can, and what not.

Every task is made here, so that the right answer is known, and the place where it stands. A task is
one file of `tasks/`; of each mechanism that is tried on it a small network is trained, by the same
steps, and measured on examples that nobody trained on.
"""
