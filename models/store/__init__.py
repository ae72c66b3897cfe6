"""The models a reader may choose, and those that are in memory."""
