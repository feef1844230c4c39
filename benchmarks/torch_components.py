"""Tensor components of a ProGAN in PyTorch, the way Oldfield et al. (2021) take them.

All activations are kept and centered, then each mode's scatter is summed sample by
sample. A regression puts its whole weight together in each step. `tests/benchmarks`
checks that the numbers are jgan's.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from jgan.models import progan
from jgan.models.progan import GAIN

_INIT = 0.1  # The original's, of factors and core alike.


class Generator(nn.Module):
    """Maps `z` to the activation of one layer, with the weights it has untrained."""

    def __init__(self, config: progan.Config, num_layers: int) -> None:
        super().__init__()
        units = [config.units[i // 2] for i in range(num_layers)]
        first = torch.randn(config.latent_dim, units[0], 4, 4)
        kernels = [
            torch.randn(b, a, 3, 3) for a, b in zip(units, units[1:], strict=False)
        ]
        self.kernels = nn.ParameterList([first, *kernels])
        self.biases = nn.ParameterList(torch.zeros(size) for size in units)

    def forward(self, z: Tensor) -> Tensor:
        """Returns the activation: image, unit, row, col."""
        first, *kernels = self.kernels
        # The first layer's gain is a fourth of that of the others.
        x = pixel_norm(z, GAIN / math.sqrt(16 * z.shape[1])) @ first.flatten(1)
        x = x.view(-1, *first.shape[1:]) + self.biases[0].view(-1, 1, 1)
        x = functional.leaky_relu(x, 0.2)
        for i, kernel in enumerate(kernels, start=1):
            x = pixel_norm(x, GAIN / math.sqrt(kernel[0].numel()))
            if i % 2 == 0:
                x = functional.interpolate(x, scale_factor=2)
            x = functional.conv2d(x, kernel, self.biases[i], padding=1)
            x = functional.leaky_relu(x, 0.2)
        return x


def pixel_norm(x: Tensor, gain: float) -> Tensor:
    """Returns `x` with a root mean square of `gain` over units, which are second."""
    return x * (gain * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8))


@torch.no_grad()
def decompose(
    generator: Generator, *, num_images: int, batch_size: int
) -> tuple[list[Tensor], list[Tensor]]:
    """Returns bases and spectra of units, rows and columns, from images made anew."""
    latent_dim = len(generator.kernels[0])
    kept = None
    for first in range(0, num_images, batch_size):
        size = min(batch_size, num_images - first)
        activation = generator(torch.randn(size, latent_dim))
        if kept is None:
            kept = activation.new_zeros(num_images, *activation.shape[1:])
        kept[first : first + size] = activation
    assert kept is not None
    return solve_modes(kept)


def solve_modes(activations: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """Returns bases and spectra of units, rows and columns; centers its argument."""
    activations -= activations.mean(dim=0)
    bases, spectra = [], []
    for mode, size in enumerate(activations.shape[1:]):
        scatter = activations.new_zeros(size, size)
        for sample in activations:
            unfolded = sample.movedim(mode, 0).reshape(size, -1)
            scatter += unfolded @ unfolded.T
        basis, spectrum, _ = torch.linalg.svd(scatter / len(activations))
        bases.append(basis)
        spectra.append(spectrum)
    return bases, spectra


class TuckerWeight(nn.Module):
    """A weight from units, rows and columns to a latent, in that order of its modes."""

    def __init__(self, sizes: Sequence[int], ranks: Sequence[int]) -> None:
        super().__init__()
        uniform = lambda *shape: nn.Parameter(
            torch.empty(shape).uniform_(-_INIT, _INIT)
        )
        self.core = uniform(*ranks)
        pairs = zip(sizes, ranks, strict=True)
        self.factors = nn.ParameterList(uniform(*pair) for pair in pairs)

    def forward(self, activation: Tensor) -> Tensor:
        """Returns the inner product of each activation and the whole weight."""
        unit, row, col, latent = self.factors
        whole = torch.einsum("abcd,ua->ubcd", self.core, unit)
        whole = torch.einsum("ubcd,yb->uycd", whole, row)
        whole = torch.einsum("uycd,xc->uyxd", whole, col)
        whole = torch.einsum("uyxd,ld->uyxl", whole, latent)
        return torch.einsum("nuyx,uyxl->nl", activation, whole)


def loss_of(
    weight: TuckerWeight, activation: Tensor, truth: Tensor, penalty: float
) -> Tensor:
    """Returns the mean squared error and the penalty on the factors' squares."""
    error = functional.mse_loss(weight(activation), truth)
    squares = torch.stack([factor.square().sum() for factor in weight.factors])
    return error + penalty * squares.sum()


def train(
    generator: Generator,
    weight: TuckerWeight,
    *,
    num_steps: int,
    batch_size: int,
    learning_rate: float,
    penalty: float,
) -> float:
    """Returns the last step's loss, after as many steps of Adam on new images."""
    optimizer = torch.optim.Adam(weight.parameters(), learning_rate)
    latent_dim = len(generator.kernels[0])
    loss = torch.zeros(())
    for _ in range(num_steps):
        with torch.no_grad():
            z = torch.randn(batch_size, latent_dim)
            activation = generator(z)
        loss = step(optimizer, weight, activation, z, penalty)
    return loss.item()


def step(
    optimizer: torch.optim.Optimizer,
    weight: TuckerWeight,
    activation: Tensor,
    truth: Tensor,
    penalty: float,
) -> Tensor:
    """Returns the loss before a step of the optimizer, which is made."""
    loss = loss_of(weight, activation, truth, penalty)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss
