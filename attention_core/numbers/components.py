"""What many vectors differ in most: their principal components, and how alike two of them are.

>>> features = torch.tensor([[0.0, 0.0], [2.0, 1.0], [4.0, 2.0]])
>>> [round(value, 6) for value in components(features, 1)[:, 0].tolist()]
[0.0, 0.5, 1.0]
>>> [round(value, 6) for value in alike(features[1:2], features)[0].tolist()]
[0.0, 1.0, 1.0]
"""

from __future__ import annotations

import torch
from torch import Tensor


def components(features: Tensor, count: int = 3) -> Tensor:
    """(place, component), each scaled to 0 … 1 over the places; 0.5 where all are alike.

    features  (place, width)

    Which end of a component is 1 has no meaning; here the place that is farthest from the middle
    is above it. Source: Jolliffe and Cadima 2016, Principal component analysis, section 2.
    """
    centred = (features - features.mean(0)).double()
    left, strength, _ = torch.linalg.svd(centred, full_matrices=False)
    found = torch.zeros(len(features), count, dtype=torch.float64)
    known = min(count, len(strength))
    found[:, :known] = left[:, :known] * strength[:known]
    far = found.gather(0, found.abs().argmax(0, keepdim=True))
    found = found * torch.where(far < 0, -1.0, 1.0)
    least, most = found.amin(0), found.amax(0)
    range_ = most - least
    none = range_ <= 1e-9 * max(1.0, float(range_.max()))
    return torch.where(none, 0.5, (found - least) / torch.where(none, 1.0, range_)).float()


def alike(some: Tensor, others: Tensor) -> Tensor:
    """(place, other): the cosine of the angle between two vectors; 0 where one has no length.

    some, others  (place, width)
    """
    norms = [one.norm(dim=-1, keepdim=True).clamp_min(1e-12) for one in (some, others)]
    cosines: Tensor = (some / norms[0]) @ (others / norms[1]).T
    return cosines
