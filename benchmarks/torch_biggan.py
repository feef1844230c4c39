"""BigGAN in PyTorch, for timing: the layers of the published generator, weights drawn.

The operations and their order are those of the reference in evaluation mode, except
that spectral norm is already in the weights, as in jgan; the reference pays for it in
every forward pass. `tests/benchmarks` checks that it computes what jgan computes.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from jgan.models.biggan import Config


class Generator(nn.Module):
    """Maps `z` and labels to images."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        widths = (config.units_out[0], *config.units_out)
        chunk = config.latent_dim // config.num_chunks
        condition = (config.shared_dim or 0) + chunk
        self.embedding = nn.Embedding(config.num_classes, config.shared_dim or 0)
        self.linear = nn.Linear(chunk, 16 * widths[0])
        self.blocks = nn.ModuleList(
            Block(a, b, condition) for a, b in zip(widths, widths[1:], strict=False)
        )
        self.attention = nn.ModuleDict(
            {
                str(8 * 2**i): Attention(width)
                for i, width in enumerate(widths[1:])
                if 8 * 2**i in config.attention
            }
        )
        self.norm = nn.BatchNorm2d(widths[-1])
        self.to_rgb = nn.Conv2d(widths[-1], 3, 3, padding=1)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """Returns images in [-1, 1], channels first."""
        first, *chunks = z.chunk(self.config.num_chunks, dim=1)
        embedding = self.embedding(labels)
        x = self.linear(first).view(len(z), -1, 4, 4)
        for block, chunk in zip(self.blocks, chunks, strict=True):
            x = block(x, torch.cat([embedding, chunk], dim=1))
            if str(x.shape[-1]) in self.attention:
                x = self.attention[str(x.shape[-1])](x)
        return torch.tanh(self.to_rgb(functional.relu(self.norm(x))))


class Block(nn.Module):
    """Residual block that doubles the resolution."""

    def __init__(self, units_in: int, units_out: int, condition: int) -> None:
        super().__init__()
        self.norm1 = ConditionalNorm(units_in, condition)
        self.norm2 = ConditionalNorm(units_out, condition)
        self.conv1 = nn.Conv2d(units_in, units_out, 3, padding=1)
        self.conv2 = nn.Conv2d(units_out, units_out, 3, padding=1)
        self.shortcut = nn.Conv2d(units_in, units_out, 1)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Returns the shortcut plus the residual."""
        h = functional.relu(self.norm1(x, condition))
        h = self.conv1(functional.interpolate(h, scale_factor=2))
        h = self.conv2(functional.relu(self.norm2(h, condition)))
        return h + self.shortcut(functional.interpolate(x, scale_factor=2))


class ConditionalNorm(nn.Module):
    """Batch normalization whose gain and bias come from the condition."""

    def __init__(self, units: int, condition: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(units, affine=False)
        self.gain = nn.Linear(condition, units, bias=False)
        self.bias = nn.Linear(condition, units, bias=False)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Returns the normalized activation, before its ReLU."""
        gain = 1 + self.gain(condition)[:, :, None, None]
        return self.norm(x) * gain + self.bias(condition)[:, :, None, None]


class Attention(nn.Module):
    """Self-attention with keys and values at half the resolution."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.query = nn.Conv2d(units, units // 8, 1, bias=False)
        self.key = nn.Conv2d(units, units // 8, 1, bias=False)
        self.value = nn.Conv2d(units, units // 2, 1, bias=False)
        self.out = nn.Conv2d(units // 2, units, 1, bias=False)
        self.residual_weight = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """Returns `x` plus what its pixels read from each other."""
        query = self.query(x).flatten(2)
        key = functional.max_pool2d(self.key(x), 2).flatten(2)
        value = functional.max_pool2d(self.value(x), 2).flatten(2)
        weights = torch.softmax(query.transpose(1, 2) @ key, dim=-1)
        read = (value @ weights.transpose(1, 2)).unflatten(2, x.shape[2:])
        return self.residual_weight * self.out(read) + x
