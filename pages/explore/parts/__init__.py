"""What the pages of Explore are put together from."""
