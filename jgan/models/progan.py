"""Generator of Progressive Growing of GANs (Karras et al., 2018), grown to its end.

Two layers for each resolution, from 4 x 4 pixels up. Every layer first gives each pixel
a root mean square of one over its units, and scales its weights at run time by what the
paper calls the equalized learning rate: parameters are the weights as they were
trained, of unit variance before training.
"""

import dataclasses
import math

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan import ops
from jgan.models.latents import Latents, check_latents
from jgan.taps import Edits, Tapper
from jgan.typing import Activation, Images

# Of every layer but the last, which no ReLU follows. (He et al., 2015.)
GAIN = math.sqrt(2)
# From 8 to 2048 pixels. What declares more is no ProGAN.
_FEWEST_UNITS, _MOST_UNITS = 2, 10
_SLOPE = 0.2  # Of the leaky ReLU below 0. (Karras et al., 2018, appendix A.1.)
_EPS = 1e-8  # Added to mean squares. (Karras et al., 2018, section 4.2.)
_INIT = nn.initializers.normal(1.0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of a ProGAN generator.

    Attributes:
        latent_dim: Size of `z`.
        units: Units of both layers of each resolution, from 4 x 4 pixels up. Every
            further one doubles the resolution.
    """

    latent_dim: int = 512
    units: tuple[int, ...] = (512, 512, 512, 256, 128, 64, 32)

    def __post_init__(self) -> None:
        if not _FEWEST_UNITS <= len(self.units) <= _MOST_UNITS:
            raise ValueError(
                f"{len(self.units)} resolutions of units; a ProGAN has "
                f"{_FEWEST_UNITS} to {_MOST_UNITS}."
            )
        if not all(1 <= size < 2**31 for size in (self.latent_dim, *self.units)):
            raise ValueError(f"A size is not positive and below 2**31: {self}.")

    @property
    def resolution(self) -> int:
        """Side of the image in pixels."""
        return 4 * 2 ** (len(self.units) - 1)

    @property
    def num_classes(self) -> int:
        """Zero: there are no classes."""
        return 0


class Generator(nn.Module):
    """Maps latents to images, nominally in [-1, 1].

    Colors are linear in the last layer and not clipped, as in the published networks:
    bright and dark pixels lie a little outside.
    """

    config: Config

    @nn.compact
    def __call__(
        self, latents: Latents, edits: Edits | None = None
    ) -> tuple[Images, dict[str, Activation]]:
        """Returns the images, and the activation of every layer after edits.

        Layers: ``layer1`` and ``layer2`` (4 x 4 pixels), ``layer3`` and ``layer4``
        (8 x 8), … after the leaky ReLU and before the normalization that the next layer
        begins with.
        """
        config = self.config
        check_latents(latents, latent_dim=config.latent_dim, num_classes=0)
        tap = Tapper(edits)
        x = FirstLayer(config.units[0], name="layer1")(latents.z)
        x = tap("layer1", jax.nn.leaky_relu(x, _SLOPE))
        for number in range(2, 2 * len(config.units) + 1):
            layer = NormConv(
                config.units[(number - 1) // 2],
                gain=GAIN,
                upsample=number % 2 == 1,
                name=f"layer{number}",
            )
            x = tap(f"layer{number}", jax.nn.leaky_relu(layer(x), _SLOPE))
        return NormConv(3, side=1, gain=1.0, name="to_rgb")(x), tap.finish()


class FirstLayer(nn.Module):
    """Transposed convolution of the normalized latent, which is a single pixel.

    That is one matrix product, so the kernel is held as its matrix, of shape ``(latent,
    16 * units)``: places row by row, units last.
    """

    units: int

    @nn.compact
    def __call__(
        self, z: Float[Array, "image latent"]
    ) -> Float[Array, "image row col unit"]:
        """Returns the map of 4 x 4 pixels."""
        kernel = self.param("kernel", _INIT, (z.shape[-1], 16 * self.units))
        bias = self.param("bias", nn.initializers.zeros, (self.units,))
        # As the paper's code has it: not He's gain of this product, whose outputs each
        # see one place of the kernel, but a fourth of it.
        gain = GAIN / math.sqrt(16 * z.shape[-1])
        x = (pixel_norm(z, gain) @ kernel).reshape(-1, 4, 4, self.units)
        return x + bias[None, None, None, :]


class NormConv(nn.Module):
    """Convolution of the normalized map, or of that map upsampled.

    Attributes:
        units: Units out.
        gain: Standard deviation of what comes out before training, times the root of
            the number of inputs.
        side: Side of the kernel in pixels.
        upsample: Repeat every pixel twice in both directions first; 3 x 3 only.
    """

    units: int
    gain: float
    side: int = 3
    upsample: bool = False

    @nn.compact
    def __call__(
        self, x: Float[Array, "image row col unit_in"]
    ) -> Float[Array, "image row_out col_out unit_out"]:
        """Returns the convolution, of as many rows and columns as what it convolves."""
        shape = (self.side, self.side, x.shape[-1], self.units)
        kernel = self.param("kernel", _INIT, shape)
        bias = self.param("bias", nn.initializers.zeros, (self.units,))
        x = pixel_norm(x, self.gain / math.sqrt(math.prod(shape[:3])))
        convolved = (ops.upsample_conv if self.upsample else ops.conv)(x, kernel)
        return convolved + bias[None, None, None, :]


def pixel_norm(
    x: Float[Array, "*pixel unit"], gain: float
) -> Float[Array, "*pixel unit"]:
    """Returns `x` with a root mean square of `gain` over the units of every pixel.

    A gain of the weights that follow costs nothing here.
    """
    mean_square = jnp.mean(jnp.square(x), axis=-1, keepdims=True)
    return x * (gain * jax.lax.rsqrt(mean_square + _EPS))
