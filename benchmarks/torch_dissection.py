"""Counts of units and concepts in PyTorch, the way GAN Dissection takes them.

One image at a time: enlarge every map, compare with the thresholds, then for each label
that the image shows, one pass over all units (Bau et al., 2019; the released code).
`tests/benchmarks` checks that the counts are jgan's.
"""

import torch
from torch import Tensor
from torch.nn import functional


@torch.no_grad()
def overlap_counts(
    activation: Tensor, thresholds: Tensor, labels: Tensor, num_concepts: int
) -> tuple[Tensor, Tensor]:
    """Returns pixels of units with concepts, and of units, summed over images.

    Args:
        activation: Image, unit, row, col.
        thresholds: Of each unit.
        labels: Image, row, col.
        num_concepts: How many.
    """
    units = len(thresholds)
    both = activation.new_zeros(num_concepts, units, dtype=torch.long)
    active = activation.new_zeros(units, dtype=torch.long)
    for maps, shown in zip(activation, labels, strict=True):
        enlarged = functional.interpolate(
            maps[None], size=shown.shape, mode="bilinear", align_corners=False
        )[0]
        above = enlarged > thresholds[:, None, None]
        active += above.view(units, -1).sum(dim=1)
        counts = torch.bincount(shown.flatten(), minlength=num_concepts)
        for label in counts.nonzero()[:, 0]:
            inside = above & (shown == label)[None]
            both[label] += inside.view(units, -1).sum(dim=1)
    return both, active
