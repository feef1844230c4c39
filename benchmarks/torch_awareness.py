"""Channel awareness in PyTorch, for timing: a loop over classes, latents batched."""

import math
from typing import Any

import torch
from torch import Tensor


def awareness(generator: Any, z: Tensor, num_classes: int) -> list[Tensor]:
    """Returns the mean after ReLU of every channel, [class, unit] for each layer.

    Args:
        generator: Of `benchmarks.torch_biggan`.
        z: Latents, the same for every class.
        num_classes: How many.
    """
    _, *chunks = z.chunk(generator.config.num_chunks, dim=1)
    rows: list[list[Tensor]] = []
    for label in range(num_classes):
        embedding = generator.embedding.weight[label].expand(len(z), -1)
        row = []
        for block, chunk in zip(generator.blocks, chunks, strict=True):
            condition = torch.cat([embedding, chunk], dim=1)
            for norm in (block.norm1, block.norm2):
                gain, bias = 1 + norm.gain(condition), norm.bias(condition)
                row.append(rectified_mean(gain, bias).mean(dim=0))
        rows.append(row)
    return [torch.stack(layer) for layer in zip(*rows, strict=True)]


def rectified_mean(gain: Tensor, bias: Tensor) -> Tensor:
    """Returns the mean of the rectified normal variable with these two."""
    spread = gain.abs()
    ratio = bias / spread
    density = torch.exp(-0.5 * ratio.square()) / math.sqrt(2 * math.pi)
    return bias * torch.special.ndtr(ratio) + spread * density
