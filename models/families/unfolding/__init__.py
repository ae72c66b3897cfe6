"""Models that read long texts in windows and blocks: their looks, laid out over the whole text.

The library reports such looks in the form in which they are computed, if at all: by distance, by
block, or with what was looked at twice written once. So they are made here from the model's own
queries and keys and the rule of its paper, and each is checked against what its module gave.
"""
