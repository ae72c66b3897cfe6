"""Numbers about what was seen: measures of heads, alignments, how far they agree."""
