"""A page with all widgets, served to the browser tests."""
