"""Damaged files by the thousand: a parser gives what it read, or a sentence, in time and memory."""
