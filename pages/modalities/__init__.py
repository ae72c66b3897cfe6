"""Pictures, sound, and what they have to do with words: one file a page."""
