"""Files of attention and alignment: those of other programs in, ours out."""
