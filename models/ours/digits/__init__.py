"""Handwritten digits: one glimpse among clutter by four kinds of look, and capsules that route.

Networks are trained on the digits that come with scikit-learn, which are not shipped; what is
shipped are the trained weights and digits of our own, drawn as lines in `strokes.py`.
"""
