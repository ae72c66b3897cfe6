"""A small BERT that was taught a grammar whose trees are known: what a syntactic head looks like.

Its sentences are drawn from rules written here, each with the head and the relation of every word;
so what a head of attention follows can be held against the truth, and so can what becomes of an
answer when it is switched off.
"""
