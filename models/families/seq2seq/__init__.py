"""Encoder–decoders of the transformers library that write one text from another."""

from models.families.seq2seq.translator import Seq2Seq

__all__ = ["Seq2Seq"]
