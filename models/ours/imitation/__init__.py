"""Every mechanism on the reader's own words: one trained head, and all others in its place.

The head is one of a translator of ours, in which words look at the noun they belong to. Its
queries, keys and values are given to every mechanism. Those without parameters use them as they
are; those with parameters were trained to imitate the head as well as they can, and how well that
is was measured.
"""
