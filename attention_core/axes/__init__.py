"""What lies along a side of a matrix: tokens and words today, patches and moments next."""
