"""A small vision transformer with random weights, for tests and examples.

>>> untrained.config.model_type if (untrained := model()) else ""
'dinov2'
"""

from __future__ import annotations

import torch
from transformers import Dinov2Config, Dinov2Model

from models.loading.vision import Eye, recipe

SEED = 7
PATCH = 14
SIDE = 4 * PATCH


def model() -> Dinov2Model:
    """The network, the same at every call: two layers of four heads."""
    config = Dinov2Config(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        mlp_ratio=2,
        image_size=SIDE,
        patch_size=PATCH,
        initializer_range=0.3,  # wide, so that untrained heads still differ to the eye
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        network = Dinov2Model(config)
    network.train(False)
    return network


def eye() -> Eye:
    """Network and recipe, ready for a viewer."""
    return Eye(model(), recipe({"size": {"shortest_edge": SIDE}, "crop_size": SIDE}, SIDE, "–"))
