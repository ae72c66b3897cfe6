"""A page with all four widgets, served to the browser tests."""
