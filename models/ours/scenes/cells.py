"""What each cell of a picture looks like: a small convolutional network, the same for all cells.

It is trained first, to name what is in a cell, and then kept as it is while a model of words and
pictures learns: as VGG was for co-attention and a detector for stacked cross attention.

>>> import torch
>>> Cells()(torch.zeros(2, 48, 48, 3, dtype=torch.uint8)).shape  # (picture, cell, width)
torch.Size([2, 9, 64])
"""

from __future__ import annotations

from typing import Final

from torch import Tensor, nn

from models.ours.scenes.scene import CELL, CELLS, COLOURS, GRID, SHAPES, SIZES

WIDTH: Final = 64
NAMES: Final = (len(SHAPES) + 1, len(COLOURS) + 1, len(SIZES) + 1)
"""Answers of the three questions about a cell; the last of each means that it is empty."""


class Cells(nn.Module):
    """Pixels of every cell to one vector for each."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 16, 5, stride=2, padding=2)
        self.second = nn.Conv2d(16, 32, 3, stride=2, padding=1)
        self.last = nn.Linear(32 * (CELL // 4) ** 2, WIDTH)

    def forward(self, pictures: Tensor) -> Tensor:
        """(picture, row, column, channel), 0 to 255, to (picture, cell, width)."""
        count = len(pictures)
        cut = pictures.reshape(count, GRID, CELL, GRID, CELL, 3).transpose(2, 3)
        return self.of_cells(cut.reshape(-1, CELL, CELL, 3)).view(count, CELLS, WIDTH)

    def of_cells(self, cells: Tensor) -> Tensor:
        """(cell, row, column, channel), 0 to 255, to (cell, width)."""
        seen = cells.permute(0, 3, 1, 2).to(self.first.weight) / 127.5 - 1
        seen = self.second(self.first(seen).relu()).relu()
        made: Tensor = self.last(seen.flatten(1))
        return made


class Naming(nn.Module):
    """The cells, and three linear maps that name what is in each; only for training."""

    def __init__(self) -> None:
        super().__init__()
        self.cells = Cells()
        self.names = nn.ModuleList(nn.Linear(WIDTH, count) for count in NAMES)

    def forward(self, cells: Tensor) -> list[Tensor]:
        seen = self.cells.of_cells(cells).relu()
        return [name(seen) for name in self.names]


def frozen(module: nn.Module) -> None:
    """Let no training change it."""
    for parameter in module.parameters():
        parameter.requires_grad_(False)
