"""One way in which a text is parted into windows and blocks is one file, found by itself."""
