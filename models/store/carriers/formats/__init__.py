"""How the files inside the carriers are read: each format one file, without its own program."""
