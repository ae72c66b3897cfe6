"""Attention as word alignment, over many pairs."""
