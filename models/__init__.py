"""Everything that can be watched: the catalogue, the ways to load, our own small models."""
