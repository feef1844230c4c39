"""The scenes network: one small U-Net that reads a scene at three grains.

Each pixel's concept, the class of the image, and its factors. It is made to run
thousands of times on a CPU inside causal measurements: it starts from squares of 2 x 2
pixels with their twelve colors as units, so that no convolution runs at full
resolution, and it ends by telling the four pixels of each square apart. The squares
come back at the end, so that edges are as sharp as the image. All of it is jgan
reconstruction; there is no batch statistic, so an image is read alone.
"""

from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan import ops
from jgan.typing import Images

# Units at a half, a quarter and an eighth of the resolution.
WIDTHS = (24, 40, 80)
# Sides of an image are a multiple of what one bottleneck pixel covers.
STRIDE = 8
# Before the four pixels of a square part: enough for their 4 x 11 concepts.
_SHARP_UNITS = 48
_READERS = 16
_READ_UNITS = 16
_HIDDEN = 128


class Reading(NamedTuple):
    """What the network makes of images.

    Attributes:
        scores: Log-probability of each concept at each pixel.
        class_scores: Log-probability of each class.
        factors: Standardized, as `factors.standardize` gives them.
        features: Mean over the pixels of the bottleneck.
    """

    scores: Float[Array, "image row col concept"]
    class_scores: Float[Array, "image class"]
    factors: Float[Array, "image factor"]
    features: Float[Array, "image feature"]


class Conv(nn.Module):
    """Convolution of stride 1 with a bias.

    Attributes:
        units: Units out.
        side: Side of the kernel in pixels.
        zero: Start from zero weights, for the end of a residual branch.
    """

    units: int
    side: int = 3
    zero: bool = False

    @nn.compact
    def __call__(
        self, x: Float[Array, "image row col unit_in"]
    ) -> Float[Array, "image row col unit_out"]:
        """Returns the convolution."""
        init = nn.initializers.zeros if self.zero else nn.initializers.he_normal()
        shape = (self.side, self.side, x.shape[-1], self.units)
        bias = self.param("bias", nn.initializers.zeros, (self.units,))
        return ops.conv(x, self.param("kernel", init, shape)) + bias[None, None, None]


class Residual(nn.Module):
    """A map plus what two convolutions make of it, at first nothing.

    Without normalization this is what keeps a deep network trainable from the first
    step (Zhang et al., 2019, Fixup).
    """

    @nn.compact
    def __call__(
        self, x: Float[Array, "image row col unit"]
    ) -> Float[Array, "image row col unit"]:
        """Returns the map, of the same shape."""
        hidden = nn.relu(Conv(x.shape[-1])(nn.relu(x)))
        return x + Conv(x.shape[-1], zero=True)(hidden)


class Network(nn.Module):
    """The scenes network.

    Attributes:
        num_concepts: Concepts a pixel may show.
        num_classes: Classes an image may have.
        num_factors: Numbers to read from an image.
    """

    num_concepts: int
    num_classes: int
    num_factors: int

    @nn.compact
    def __call__(self, images: Images) -> Reading:
        """Returns the reading; what is not used of it costs nothing under jit."""
        half, quarter, eighth = WIDTHS
        squares = ops.squares(images)
        high = Conv(half)(squares)
        high = high + Conv(half)(nn.relu(high))
        middle = Residual()(Conv(quarter, side=1)(ops.squares(nn.relu(high))))
        low = Residual()(Conv(eighth, side=1)(ops.squares(nn.relu(middle))))
        bottleneck = nn.relu(Residual()(low))
        features = bottleneck.mean(axis=(1, 2))

        middle = middle + ops.upsample(Conv(quarter, side=1)(bottleneck))
        middle = nn.relu(Residual()(middle))
        high = high + ops.upsample(Conv(half, side=1)(middle))
        high = high + Conv(half)(nn.relu(high))
        sharp = jnp.concatenate([nn.relu(high), squares], axis=-1)
        sharp = nn.relu(Conv(_SHARP_UNITS)(sharp))
        logits = _apart(Conv(4 * self.num_concepts, side=1, zero=True)(sharp))

        hidden = nn.relu(nn.Dense(_HIDDEN)(features))
        class_logits = nn.Dense(self.num_classes)(hidden)
        read = jnp.concatenate([features, _Look()(bottleneck, images)], axis=-1)
        hidden = nn.relu(nn.Dense(_HIDDEN)(read))
        return Reading(
            jax.nn.log_softmax(logits),
            jax.nn.log_softmax(class_logits),
            nn.Dense(self.num_factors)(hidden),
            features,
        )


def _apart(
    x: Float[Array, "image row col place_unit"],
) -> Float[Array, "image row_out col_out unit"]:
    """Returns the map with each square's units given to its four pixels."""
    images, rows, cols, units = x.shape
    apart = x.reshape(images, rows, cols, 2, 2, units // 4).transpose(0, 1, 3, 2, 4, 5)
    return apart.reshape(images, 2 * rows, 2 * cols, units // 4)


class _Look(nn.Module):
    """Where some things are and what is there: attention with fixed queries.

    A mean over pixels cannot tell where the sun stands. Each reader weighs the pixels
    and returns the weighted mean of their position, their color and some units.
    """

    @nn.compact
    def __call__(
        self,
        bottleneck: Float[Array, "image row col unit"],
        images: Float[Array, "image row_in col_in 3"],
    ) -> Float[Array, "image value"]:
        """Returns what all readers read."""
        count, rows, cols, _ = bottleneck.shape
        logits = Conv(_READERS, side=1)(bottleneck).reshape(count, rows * cols, -1)
        weights = jax.nn.softmax(logits, axis=1)
        color = images.reshape(count, rows, STRIDE, cols, STRIDE, 3).mean(axis=(2, 4))
        values = jnp.concatenate(
            [Conv(_READ_UNITS, side=1)(bottleneck), color, _position(color)], axis=-1
        )
        read = jnp.einsum(
            "npr,npv->nrv", weights, values.reshape(count, rows * cols, -1)
        )
        return read.reshape(count, -1)


def _position(
    x: Float[Array, "image row col unit"],
) -> Float[Array, "image row col 2"]:
    """Returns the center of each pixel, from -1 to 1 across the image."""
    images, rows, cols, _ = x.shape
    row = jnp.linspace(-1 + 1 / rows, 1 - 1 / rows, rows, dtype=x.dtype)
    col = jnp.linspace(-1 + 1 / cols, 1 - 1 / cols, cols, dtype=x.dtype)
    grid = jnp.stack(jnp.meshgrid(row, col, indexing="ij"), axis=-1)
    return jnp.broadcast_to(grid[None], (images, rows, cols, 2))
