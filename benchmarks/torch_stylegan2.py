"""StyleGAN2 with skips in PyTorch, for timing: the operations of published code.

A kernel for each image, applied as one grouped convolution; filters as convolutions of
each unit, on maps spread with zeros. Modules are called as in NVIDIA's state dicts.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from jgan.models.stylegan2 import Config


class Generator(nn.Module):
    """Maps `z` to images, with stored noise."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.mapping = _Mapping(config)
        self.synthesis = _Synthesis(config)

    def forward(self, z: Tensor) -> Tensor:
        """Returns images, channels first."""
        return self.synthesis(self.mapping(z))


class _Dense(nn.Module):
    def __init__(self, units_in: int, units: int, multiplier: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(units, units_in) / multiplier)
        self.bias = nn.Parameter(torch.zeros(units))
        self.gain, self.multiplier = multiplier / math.sqrt(units_in), multiplier

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(
            x, self.weight * self.gain, self.bias * self.multiplier
        )


class _Mapping(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        sizes = [
            config.latent_dim,
            *[config.mapping_units] * (config.mapping_layers - 1),
        ]
        for i, size in enumerate(sizes):
            out = config.mapping_units if i < len(sizes) - 1 else config.w_dim
            layer = _Dense(size, out, config.mapping_lr_multiplier)
            self.add_module(f"fc{i}", layer)
        self.register_buffer("w_avg", torch.zeros(config.w_dim))

    def forward(self, z: Tensor) -> Tensor:
        x = z * torch.rsqrt(z.square().mean(dim=1, keepdim=True) + 1e-8)
        for layer in self.children():
            x = functional.leaky_relu(layer(x), 0.2) * math.sqrt(2)
        return x


class _Synthesis(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        before = 0
        for i, units in enumerate(config.units):
            self.add_module(
                f"b{4 * 2**i}", _Block(before, units, 4 * 2**i, config.w_dim)
            )
            before = units

    def forward(self, w: Tensor) -> Tensor:
        x, image = w.new_zeros(0), w.new_zeros(0)
        for block in self.children():
            x, image = block(x, image, w)
        return image


class _Block(nn.Module):
    resample_filter: Tensor

    def __init__(self, units_in: int, units: int, side: int, w_dim: int) -> None:
        super().__init__()
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
        self.register_buffer("resample_filter", taps[:, None] * taps[None, :])
        if units_in:
            self.conv0 = _Layer(units_in, units, side, w_dim, up=True)
        else:
            self.const = nn.Parameter(torch.randn(units, side, side))
        self.conv1 = _Layer(units, units, side, w_dim, up=False)
        self.torgb = _ToRGB(units, w_dim)

    def forward(self, x: Tensor, image: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
        first = hasattr(self, "const")
        x = self.const.expand(len(w), -1, -1, -1) if first else self.conv0(x, w)
        x = self.conv1(x, w)
        own = self.torgb(x, w)
        if first:
            return x, own
        n, colors, rows, cols = image.shape
        spread = image.new_zeros(n, colors, rows, 2, cols, 2)
        spread[:, :, :, 0, :, 0] = image
        spread = functional.pad(
            spread.reshape(n, colors, 2 * rows, 2 * cols), (2, 1, 2, 1)
        )
        return x, _filter(spread, self.resample_filter) + own


def _filter(x: Tensor, square: Tensor) -> Tensor:
    each = (4 * square)[None, None].expand(x.shape[1], -1, -1, -1)
    return functional.conv2d(x, each, groups=x.shape[1])


def _modulated(x: Tensor, weight: Tensor, up: bool) -> Tensor:
    """Returns the convolution of each image with a kernel of its own."""
    images, units, units_in, side, _ = weight.shape
    flat = x.reshape(1, images * units_in, *x.shape[2:])
    if up:
        kernel = weight.transpose(1, 2).reshape(-1, units, side, side)
        y = functional.conv_transpose2d(flat, kernel, stride=2, groups=images)
    else:
        kernel = weight.reshape(-1, units_in, side, side)
        y = functional.conv2d(flat, kernel, padding=side // 2, groups=images)
    return y.reshape(images, units, *y.shape[2:])


class _Layer(nn.Module):
    noise_const: Tensor
    resample_filter: Tensor

    def __init__(
        self, units_in: int, units: int, side: int, w_dim: int, up: bool
    ) -> None:
        super().__init__()
        self.affine = _Dense(w_dim, units_in)
        self.weight = nn.Parameter(torch.randn(units, units_in, 3, 3))
        self.bias = nn.Parameter(torch.zeros(units))
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.register_buffer("noise_const", torch.randn(side, side))
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
        self.register_buffer("resample_filter", taps[:, None] * taps[None, :])
        self.up = up

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        weight = self.weight[None] * self.affine(w)[:, None, :, None, None]
        norm = torch.rsqrt(weight.square().sum(dim=(2, 3, 4), keepdim=True) + 1e-8)
        y = _modulated(x, weight * norm, self.up)
        if self.up:
            y = _filter(functional.pad(y, (1, 1, 1, 1)), self.resample_filter)
        y = y + self.noise_const * self.noise_strength + self.bias[:, None, None]
        return functional.leaky_relu(y, 0.2) * math.sqrt(2)


class _ToRGB(nn.Module):
    def __init__(self, units: int, w_dim: int) -> None:
        super().__init__()
        self.affine = _Dense(w_dim, units)
        self.weight = nn.Parameter(torch.randn(3, units, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style = self.affine(w) / math.sqrt(x.shape[1])
        weight = self.weight[None] * style[:, None, :, None, None]
        return _modulated(x, weight, up=False) + self.bias[:, None, None]
