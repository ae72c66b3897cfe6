"""Ready sentences that show something when they are opened; all written for this project."""

from __future__ import annotations

from typing import NamedTuple


class Example(NamedTuple):
    """A text to read and, where two texts belong together, the second one."""

    text: str
    second: str = ""


EXPLORE = (
    Example("The animal didn't cross the street because it was too tired."),
    Example("The keys to the old cabinet are on the kitchen table."),
    Example("Time flies like an arrow; fruit flies like a banana."),
    Example("She poured water from the jug into the cup until it was full."),
    Example("How old are you?", "What is your age?"),
)
MADE = (
    Example("To be honest with you, the soup was cold.", "The food was not warm."),
    Example("My old neighbour, a doctor, sold her red car.", "A physician sold a vehicle."),
    Example("He is never late, always on time.", "He is punctual."),
    Example("The bank of the river was full of flowers.", "Blossoms grew beside the water."),
)
"""In the first, attention has “honest” among the words that matter most and not “cold”, without
which the two texts have little in common; the methods that see the whole model have it first."""
CONTINUED = (
    Example("When Mary and John went to the store, John gave a drink to"),
    Example("The capital of France is"),
    Example("The keys to the old cabinet"),
)
"""For a model that says the next word."""
SWITCHED = (
    Example("The white cat sleeps on the red chair.", "The white cat sleeps on the black chair."),
    Example("The capital of Italy is", "The capital of France is"),
    Example(
        "When Mary and John went to the store, John gave a drink to",
        "When Mary and John went to the store, Mary gave a drink to",
    ),
    Example("The soup was very cold.", "The soup was very warm."),
)
"""Each with a sentence of as many tokens that lends its states. The first is for the translator,
the next two for a model that says the next word, the last for one that compares texts."""
WORDS = (
    Example("My sister bought two red apples yesterday."),
    Example("The old man sold his little house to a young woman."),
    Example("A small dog chased three white cats across the wet street."),
)
TRANSLATE = (
    Example("Mary bought a red dress in Paris."),
    Example("The white cat sleeps on the red chair."),
    Example("I love machine learning."),
    Example("Did you buy a new car last week?"),
    Example("He has never been to Paris."),
)
"""The first is what Home, Translate and the example of a file open with. Every link that the
default translator shows in it is one that a linguist would draw: names, the article, an adjective
that crosses its noun, and a past tense of two words that come from one."""
COMPARE = (
    Example("Mary bought a red dress and Tom bought a black hat."),
    Example("The little girl is playing with a black cat in the garden."),
    Example("Tom and Mary live in a white house behind the old church."),
    Example(
        "When I was a child, my grandmother often told me old stories about the small village "
        "where she was born."
    ),
    Example(
        "He said that he would come back tomorrow, but nobody in the house believed him any more."
    ),
)
WHY = (
    Example("The dog sleeps."),
    Example("My brother bought a red car last week."),
    Example(
        "When the old teacher came into the room, all the children stood up and told her that "
        "they had finished their work."
    ),
)
PAIRS = (
    Example("I love machine learning.", "J'aime l'apprentissage automatique."),
    Example("The white cat sleeps.", "Le chat blanc dort."),
    Example("I don't like tea.", "Je n'aime pas le thé."),
)
CAPTIONED = {"mountain": "snow-capped mountain", "sailing": "a sailing boat on the sea"}
"""Captions of ready pictures that our two towers know something of."""
