"""A step of EigenGAN's training in PyTorch, for timing: the networks of jgan.

The same order of work: generated images once, the discriminator's update with or
without its gradient penalty, then the generator's through the images already made.
`tests/benchmarks` checks that its losses and gradients are jgan's.
"""

import copy
import itertools
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from jgan.eigengan import TrainConfig
from jgan.models import eigen_discriminator, eigengan
from jgan.models.eigengan import SLOPE


def _act(x: Tensor) -> Tensor:
    return functional.leaky_relu(x, SLOPE)


class Subspace(nn.Module):
    """Points of a subspace, from coordinates."""

    def __init__(self, units: int, side: int, dim: int) -> None:
        super().__init__()
        self.shape = (units, side, side)
        self.basis = nn.Parameter(torch.empty(dim, units * side * side))
        nn.init.orthogonal_(self.basis)
        self.importance = nn.Parameter(3.0 * torch.arange(dim, 0, -1))
        self.origin = nn.Parameter(torch.zeros(units * side * side))

    def forward(self, z: Tensor) -> Tensor:
        """Returns the points as maps."""
        point = (self.importance * z) @ self.basis + self.origin
        return point.view(-1, *self.shape)


class Block(nn.Module):
    """From one size to the next."""

    def __init__(self, units: int, units_out: int, side: int, dim: int) -> None:
        super().__init__()
        self.subspace: Any = Subspace(units, side, dim)
        double = lambda: nn.ConvTranspose2d(
            units, units_out, 3, stride=2, padding=1, output_padding=1
        )
        self.same = nn.Conv2d(units, units, 1)
        self.skip: Any = double()
        self.twice: Any = double()
        self.conv = nn.Conv2d(units_out, units_out, 3, padding=1)

    def forward(self, h: Tensor, z: Tensor) -> Tensor:
        """Returns the map of twice the side."""
        phi = self.subspace(z)
        h = self.twice(_act(h + self.same(phi)))
        return self.conv(_act(h + self.skip(phi)))


class Generator(nn.Module):
    """Maps coordinates and noise to images, channels first."""

    def __init__(self, config: eigengan.Config) -> None:
        super().__init__()
        self.dims = list(config.dims)
        self.linear = nn.Linear(config.noise_dim, 16 * config.units[0])
        self.blocks: Any = nn.ModuleList(
            Block(units, units_out, config.side(layer), config.dims[layer - 1])
            for layer, (units, units_out) in enumerate(
                itertools.pairwise(config.units), start=1
            )
        )
        self.to_rgb = nn.Conv2d(config.units[-1], 3, 7, padding=3)

    def forward(self, z: Tensor, eps: Tensor) -> Tensor:
        """Returns the images."""
        h = self.linear(eps).view(len(eps), -1, 4, 4)
        for block, part in zip(self.blocks, z.split(self.dims, dim=1), strict=True):
            h = block(h, part)
        return torch.tanh(self.to_rgb(_act(h)))

    def orthogonality(self) -> Tensor:
        """Returns half the squared norm of U^T U - I, summed over layers."""
        total = torch.zeros(())
        for block in self.blocks:
            gram = block.subspace.basis @ block.subspace.basis.T
            total = total + 0.5 * (gram - torch.eye(len(gram))).square().sum()
        return total

    def straighten(self, weight: float) -> None:
        """Takes a step along the gradient of `orthogonality` alone."""
        with torch.no_grad():
            for block in self.blocks:
                basis = block.subspace.basis
                error = basis @ basis.T - torch.eye(len(basis))
                basis -= 0.5 * weight * error @ basis


class Discriminator(nn.Module):
    """Maps images to scores."""

    def __init__(self, config: eigen_discriminator.Config) -> None:
        super().__init__()
        *_, units = config.units
        layers: list[nn.Module] = [nn.Conv2d(3, units, 7, padding=3)]
        for units_out in reversed(config.units[:-1]):
            layers.append(nn.Conv2d(units, units, 3, padding=1))
            layers.append(nn.Conv2d(units, units_out, 3, stride=2, padding=1))
            units = units_out
        layers.append(nn.Conv2d(units, units, 3, padding=1))
        self.convs = nn.ModuleList(layers)
        self.hidden = nn.Linear(16 * units, config.hidden)
        self.score = nn.Linear(config.hidden, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Returns the score of each image."""
        h = images
        for conv in self.convs:
            h = _act(conv(h))
        return self.score(_act(self.hidden(h.flatten(1))))[:, 0]


class Losses(NamedTuple):
    """What a step tells."""

    real: Tensor
    fake: Tensor
    penalty: Tensor
    generator: Tensor
    orthogonality: Tensor


class Trainer:
    """Both networks with their optimizers and the averaged generator."""

    def __init__(self, config: TrainConfig, layout: torch.memory_format) -> None:
        self.config = config
        self.generator: Any = Generator(config.generator)
        self.discriminator: Any = Discriminator(config.discriminator)
        for module in (self.generator, self.discriminator):
            module.to(memory_format=layout)
        self.average = copy.deepcopy(self.generator)
        betas = (config.beta1, config.beta2)
        self.optimizers = [
            torch.optim.Adam(module.parameters(), lr=config.learning_rate, betas=betas)
            for module in (self.generator, self.discriminator)
        ]

    def step(
        self, images: Tensor, z: Tensor, eps: Tensor, *, penalized: bool
    ) -> Losses:
        """Returns the losses of one step, after updating everything."""
        config = self.config
        fakes = self.generator(z, eps)
        penalty = torch.zeros(())
        if penalized:
            images = images.detach().requires_grad_(True)
            real_scores = self.discriminator(images)
            (slopes,) = torch.autograd.grad(
                real_scores.sum(), images, create_graph=True
            )
            penalty = slopes.square().sum(dim=(1, 2, 3)).mean() * config.penalty_every
            fake_scores = self.discriminator(fakes.detach())
        else:
            scores = self.discriminator(torch.cat([images, fakes.detach()]))
            real_scores, fake_scores = scores.split([len(images), len(fakes)])
        real = functional.relu(1 - real_scores).mean()
        fake = functional.relu(1 + fake_scores).mean()
        self._update(1, real + fake + config.penalty_weight * penalty)
        # A gradient of these parameters would be thrown away.
        self.discriminator.requires_grad_(False)
        cost = functional.relu(1 - self.discriminator(fakes)).mean()
        with torch.no_grad():
            orthogonality = self.generator.orthogonality()
        self._update(0, cost)
        self.discriminator.requires_grad_(True)
        with torch.no_grad():
            for mean, new in zip(
                self.average.parameters(), self.generator.parameters(), strict=True
            ):
                mean.lerp_(new, 1 - config.ema_decay)
        if not config.generator.exact:
            self.generator.straighten(config.orthogonality_weight)
            self.average.straighten(config.orthogonality_weight)
        parts = (real, fake, penalty, cost, orthogonality)
        return Losses(*(part.detach() for part in parts))

    def _update(self, which: int, loss: Tensor) -> None:
        module = (self.generator, self.discriminator)[which]
        self.optimizers[which].zero_grad(set_to_none=True)
        loss.backward(inputs=list(module.parameters()))
        self.optimizers[which].step()
