"""The conditional DCGAN of `eyes` in PyTorch, for timing."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from jgan.models.dcgan import Config


class Generator(nn.Module):
    """Maps `z` and labels to images."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.num_classes = config.num_classes
        widths = (config.latent_dim + config.num_classes, *config.units, 3)
        layers: list[nn.Module] = []
        for i, (a, b) in enumerate(zip(widths, widths[1:], strict=False)):
            stride, padding = (1, 0) if i == 0 else (2, 1)
            layers.append(nn.ConvTranspose2d(a, b, 4, stride, padding, bias=False))
            if i < len(config.units):
                layers += [nn.BatchNorm2d(b), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers, nn.Tanh())

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """Returns images in [-1, 1], channels first."""
        one_hot = functional.one_hot(labels, self.num_classes).to(z.dtype)
        return self.layers(torch.cat([z, one_hot], dim=1)[:, :, None, None])
