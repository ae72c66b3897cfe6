"""What goes into a mechanism, checked before it computes anything.

>>> query, key, value = torch.ones(2, 4), torch.ones(7, 4), torch.ones(6, 4)
>>> check_inputs(query, key, value, torch.ones(2, 7, dtype=torch.bool))
Traceback (most recent call last):
    ...
attention_core.errors.ShapeError: There are 7 keys but 6 values; each key needs exactly one value.
"""

from __future__ import annotations

import torch
from torch import Tensor

from attention_core.errors import ShapeError


def check_inputs(query: Tensor, key: Tensor, value: Tensor, allowed: Tensor) -> None:
    """Raises ShapeError unless the four fit together and hold numbers."""
    for name, tensor in (("query", query), ("key", key), ("value", value)):
        if tensor.ndim < 2:
            raise ShapeError(
                "The {name} has {axes} axes; it needs at least two, ({name}, width).",
                name=name,
                axes=tensor.ndim,
            )
        if not tensor.is_floating_point():
            raise ShapeError(
                "The {name} holds {kind}; it needs floating-point numbers.",
                name=name,
                kind=tensor.dtype,
            )
        if not bool(torch.isfinite(tensor).all()):
            raise ShapeError(
                "The {name} holds NaN or infinite numbers; use finite ones.", name=name
            )
    keys, values = key.shape[-2], value.shape[-2]
    if keys == 0:
        raise ShapeError("There are no keys; a query needs at least one key to look at.")
    if keys != values:
        raise ShapeError(
            "There are {keys} keys but {values} values; each key needs exactly one value.",
            keys=keys,
            values=values,
        )
    if allowed.dtype != torch.bool:
        raise ShapeError(
            "allowed is {dtype}; it must be bool, True where one may look.", dtype=allowed.dtype
        )
    expected = (query.shape[-2], keys)
    shape = tuple(allowed.shape[-2:])
    if len(shape) < 2 or any(
        have not in (1, want) for have, want in zip(shape, expected, strict=True)
    ):
        raise ShapeError(
            "allowed is {shape}; it needs (query, key) = {expected}.",
            shape=shape,
            expected=expected,
        )
    batches = [tuple(tensor.shape[:-2]) for tensor in (query, key, value, allowed)]
    try:
        torch.broadcast_shapes(*batches)  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        raise ShapeError(
            "The batch axes of query, key, value and allowed are {batches}; "
            "give all four the same ones.",
            batches=", ".join(map(str, batches)),
        ) from error
