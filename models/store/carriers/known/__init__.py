"""One carrier a file, found by its `CARRIER`."""
