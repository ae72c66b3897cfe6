"""The words on the screen in other languages, and the check that none is missing."""
