"""Taking attention out of a running model, changing it, and the record of what was seen."""
