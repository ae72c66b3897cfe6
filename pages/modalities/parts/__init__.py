"""What the pages of pictures and sound are made of."""
