"""Files of attention and alignment: those of other programs in, ours out."""

import attention_core.numbers.alignment  # noqa: F401  the two packages name each other's parts
