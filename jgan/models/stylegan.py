"""Generator of StyleGAN (Karras et al., 2019): configuration a of StyleGAN2.

A mapping network makes `w`. Each layer brings every unit of an image to mean 0 and
deviation 1, and `w` gives it another scale and shift (adaptive instance normalization).
Growing has ended: one layer makes the image, and those of lower resolutions are gone.
"""

import dataclasses
import math

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan import ops
from jgan.models.layers import normalize
from jgan.models.style_latents import StyleLatents, check_style_latents
from jgan.models.style_mapping import EqualDense, Mapping, w_of_layers
from jgan.models.style_noise import noise_of_layer
from jgan.taps import Edits, Tapper
from jgan.typing import Activation, Images

# Of every layer but the last, which no ReLU follows. (He et al., 2015.)
GAIN = math.sqrt(2)
# From 8 to 1024 pixels. What declares more is no StyleGAN.
_FEWEST_BLOCKS, _MOST_BLOCKS = 2, 9
# Published ones have 8.
_MOST_MAPPING_LAYERS = 64
_EPS = 1e-8  # Added to variances. As in all published code.
_INIT = nn.initializers.normal(1.0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of a StyleGAN generator.

    Attributes:
        units: Units of both layers of each resolution, from 4 x 4 pixels up.
        latent_dim: Size of `z`.
        w_dim: Size of `w`.
        num_classes: Number of classes, 0 for none.
        embed_dim: Size of the class embedding; unused without classes.
        mapping_layers: Dense layers from `z` to `w`.
        mapping_units: Units of those between.
        mapping_lr_multiplier: Factor on their weights.
    """

    units: tuple[int, ...] = (512, 512, 512, 512, 256, 128, 64)
    latent_dim: int = 512
    w_dim: int = 512
    num_classes: int = 0
    embed_dim: int = 512
    mapping_layers: int = 8
    mapping_units: int = 512
    mapping_lr_multiplier: float = 0.01

    def __post_init__(self) -> None:
        if not _FEWEST_BLOCKS <= len(self.units) <= _MOST_BLOCKS:
            raise ValueError(
                f"{len(self.units)} resolutions of units; a StyleGAN has "
                f"{_FEWEST_BLOCKS} to {_MOST_BLOCKS}."
            )
        sizes = (*self.units, self.latent_dim, self.w_dim, self.embed_dim)
        sizes = (*sizes, self.mapping_layers, self.mapping_units, self.num_classes + 1)
        # Labels are int32.
        if not all(1 <= size < 2**31 for size in sizes):
            raise ValueError(f"A size is not positive and below 2**31: {self}.")
        if self.mapping_layers > _MOST_MAPPING_LAYERS:
            raise ValueError(
                f"mapping_layers is {self.mapping_layers}; a StyleGAN has at most "
                f"{_MOST_MAPPING_LAYERS}."
            )
        if not 0 < self.mapping_lr_multiplier < math.inf:
            raise ValueError(
                f"mapping_lr_multiplier is {self.mapping_lr_multiplier}; it is a "
                "positive number."
            )

    @property
    def resolution(self) -> int:
        """Side of the image in pixels."""
        return 4 * 2 ** (len(self.units) - 1)

    @property
    def num_w(self) -> int:
        """Rows of `w_plus`: one for each layer."""
        return 2 * len(self.units)


class Generator(nn.Module):
    """Maps latents to images, nominally in [-1, 1].

    Attributes:
        config: Sizes.
    """

    config: Config

    @nn.compact
    def __call__(
        self, latents: StyleLatents, edits: Edits | None = None
    ) -> tuple[Images, dict[str, Activation]]:
        """Returns the images, and the activation of every layer after edits.

        Colors are linear in the last layer, as in all published code, and not clipped.

        Layers: ``b{side}.conv0`` and ``b{side}.conv1``, after the scale and shift that
        `w` gives. ``b4.conv0`` has a constant in place of a convolution. Taps beside
        them: ``w`` (image, unit), before truncation; ``w_plus`` (image, row, unit), of
        each layer after it. Whoever replaces a layer to save the work before it
        replaces `w_plus` as well.
        """
        config = self.config
        check_style_latents(
            latents, latent_dim=config.latent_dim, num_classes=config.num_classes
        )
        tap = Tapper(edits)
        mapping = Mapping(
            num_layers=config.mapping_layers,
            units=config.mapping_units,
            w_dim=config.w_dim,
            embed_dim=config.embed_dim,
            num_classes=config.num_classes,
            joint_norm=True,
            lr_multiplier=config.mapping_lr_multiplier,
            name="mapping",
        )
        w = tap("w", mapping(latents.z, latents.class_label))
        w_avg = self.variable("constants", "w_avg", jnp.zeros, (config.w_dim,)).value
        w_plus = w_of_layers(w, w_avg, latents, num_layers=config.num_w)
        w_plus = tap("w_plus", w_plus)
        const = self.param("const", nn.initializers.ones, (4, 4, config.units[0]))
        x = jnp.broadcast_to(const[None], (len(w), *const.shape))
        for i, units in enumerate(config.units):
            x = Block(units, i, name=f"b{4 * 2**i}")(x, w_plus, latents, tap)
        return ToRGB(name="to_rgb")(x), tap.finish()


class Block(nn.Module):
    """The two layers of one resolution.

    Attributes:
        units: Units out of both.
        index: Of the block. The first has no first convolution.
    """

    units: int
    index: int

    @nn.compact
    def __call__(
        self,
        x: Float[Array, "image row col unit_in"],
        w_plus: Float[Array, "image layer w_unit"],
        latents: StyleLatents,
        tap: Tapper,
    ) -> Float[Array, "image row_out col_out unit_out"]:
        """Returns the activation, of twice the side in every block but the first."""
        for name, upsample in (("conv0", True), ("conv1", False)):
            number = 2 * self.index + (not upsample)
            layer = Layer(self.units, number, upsample=upsample, name=name)
            x = tap(f"{self.name}.{name}", layer(x, w_plus[:, number], latents))
        return x


class Layer(nn.Module):
    """Convolution, noise, bias, leaky ReLU, and adaptive instance normalization.

    Attributes:
        units: Units out.
        number: Of the layer. Layer 0 takes what comes in as it is.
        upsample: Repeat every pixel twice in both directions first, and blur after.
    """

    units: int
    number: int
    upsample: bool

    @nn.compact
    def __call__(
        self,
        x: Float[Array, "image row col unit_in"],
        w: Float[Array, "image w_unit"],
        latents: StyleLatents,
    ) -> Float[Array, "image row_out col_out unit_out"]:
        """Returns the activation."""
        if self.number > 0:
            shape = (3, 3, x.shape[-1], self.units)
            kernel = self.param("kernel", _INIT, shape)
            kernel = kernel * (GAIN / math.sqrt(math.prod(shape[:3])))
            convolution = _upsampled_and_blurred if self.upsample else ops.conv
            x = convolution(x, kernel)
        strength = self.param("noise_strength", nn.initializers.zeros, (self.units,))
        side = x.shape[1:3]
        stored = self.variable("constants", "noise", jnp.zeros, side).value
        noise = noise_of_layer(stored, latents, number=self.number)
        x = x + noise[..., None] * strength[None, None, None, :]
        bias = self.param("bias", nn.initializers.zeros, (self.units,))
        x = ops.bias_leaky_relu(x, bias, gain=1.0)
        style = EqualDense(2 * self.units, name="style")(w)
        scale, shift = jnp.split(style, 2, axis=-1)
        mean = x.mean(axis=(1, 2))
        variance = jnp.square(x - mean[:, None, None, :]).mean(axis=(1, 2))
        return normalize(x, mean, variance, 1 + scale, shift, eps=_EPS)


def _upsampled_and_blurred(x: Array, kernel: Array) -> Array:
    x = ops.upsample_conv(x, kernel)
    # By 1, 2, 1 in both directions. Beyond its edge the map is 0.
    for axis in (1, 2):
        size = x.shape[axis]
        margins = [(1, 1) if i == axis else (0, 0) for i in range(4)]
        padded = jnp.pad(x, margins)
        before = jax.lax.slice_in_dim(padded, 0, size, axis=axis)
        after = jax.lax.slice_in_dim(padded, 2, size + 2, axis=axis)
        x = (before + after) / 4 + x / 2
    return x


class ToRGB(nn.Module):
    """1 x 1 convolution to an image."""

    @nn.compact
    def __call__(self, x: Float[Array, "image row col unit"]) -> Images:
        """Returns the image."""
        kernel = self.param("kernel", _INIT, (1, 1, x.shape[-1], 3))
        bias = self.param("bias", nn.initializers.zeros, (3,))
        y = ops.conv(x, kernel * x.shape[-1] ** -0.5)
        return y + bias[None, None, None, :]
