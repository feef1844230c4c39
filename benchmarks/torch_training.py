"""A step of adversarial training in PyTorch, for timing: the networks of jgan.

The same order of work: generated images once, the discriminator's update, then the
generator's through the images already made. `tests/benchmarks` checks that its losses
and gradients are jgan's.
"""

import copy
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from benchmarks import torch_biggan
from jgan.models import discriminators
from jgan.training import Config


class Discriminator(nn.Module):
    """Maps images and labels to scores."""

    def __init__(self, config: discriminators.Config) -> None:
        super().__init__()
        widths = (12, *config.units)
        last = len(config.units) - 1
        self.blocks = nn.ModuleList(
            Block(a, b, first=i == 0, last=i == last)
            for i, (a, b) in enumerate(zip(widths, config.units, strict=False))
        )
        self.score = spectral_norm(nn.Linear(widths[-1], 1))
        self.embedding = spectral_norm(nn.Embedding(config.num_classes, widths[-1]))

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """Returns the score of each image, channels first."""
        x = functional.pixel_unshuffle(images, 2)
        for block in self.blocks:
            x = block(x)
        features = functional.relu(x).sum(dim=(2, 3))
        projection = (self.embedding(labels) * features).sum(dim=1)
        return self.score(features)[:, 0] + projection


class Block(nn.Module):
    """Residual block."""

    def __init__(
        self, units_in: int, units_out: int, *, first: bool, last: bool
    ) -> None:
        super().__init__()
        self.first, self.last = first, last
        self.conv1 = spectral_norm(nn.Conv2d(units_in, units_out, 3, padding=1))
        self.conv2 = spectral_norm(nn.Conv2d(units_out, units_out, 3, padding=1))
        self.shortcut = nn.Identity()
        if units_in != units_out:
            self.shortcut = spectral_norm(nn.Conv2d(units_in, units_out, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Returns the shortcut plus the residual."""
        h = self.conv1(x if self.first else functional.relu(x))
        h = self.conv2(functional.relu(h))
        if not self.last:
            h, x = functional.avg_pool2d(h, 2), functional.avg_pool2d(x, 2)
        return h + self.shortcut(x)


class Losses(NamedTuple):
    """What a step tells."""

    real: Tensor
    fake: Tensor
    generator: Tensor


class Trainer:
    """Both networks with their optimizers and the averaged generator."""

    def __init__(self, config: Config, layout: torch.memory_format) -> None:
        self.config = config
        self.generator: Any = torch_biggan.Generator(config.generator).train()
        self.discriminator: Any = Discriminator(config.discriminator).train()
        for module in (self.generator, self.discriminator):
            module.to(memory_format=layout)
        self.average = copy.deepcopy(self.generator)
        betas = (config.beta1, config.beta2)
        self.optimizers = [
            torch.optim.Adam(module.parameters(), lr=rate, betas=betas)
            for module, rate in (
                (self.generator, config.generator_rate),
                (self.discriminator, config.discriminator_rate),
            )
        ]

    def step(
        self, images: Tensor, labels: Tensor, z: Tensor, fake_labels: Tensor
    ) -> Losses:
        """Returns the losses of one step, after updating everything."""
        fakes = self.generator(z, fake_labels)
        scores = self.discriminator(
            torch.cat([images, fakes.detach()]), torch.cat([labels, fake_labels])
        )
        real_scores, fake_scores = scores.split([len(images), len(fakes)])
        real = functional.relu(1 - real_scores).mean()
        fake = functional.relu(1 + fake_scores).mean()
        self._update(1, real + fake, self.discriminator)
        # A gradient of these parameters would be thrown away.
        self.discriminator.requires_grad_(False)
        loss = -self.discriminator(fakes, fake_labels).mean()
        self._update(0, loss, self.generator)
        self.discriminator.requires_grad_(True)
        with torch.no_grad():
            for mean, new in zip(
                self.average.parameters(), self.generator.parameters(), strict=True
            ):
                mean.lerp_(new, 1 - self.config.ema_decay)
        return Losses(real.detach(), fake.detach(), loss.detach())

    def _update(self, which: int, loss: Tensor, module: nn.Module) -> None:
        self.optimizers[which].zero_grad(set_to_none=True)
        loss.backward(inputs=list(module.parameters()))
        self.optimizers[which].step()
