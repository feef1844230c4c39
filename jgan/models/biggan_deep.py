"""Generator of BigGAN-deep (Brock, Donahue & Simonyan, 2019), 128 to 512 pixels.

Bottleneck blocks in pairs, of which the second doubles the resolution; the shortcut
drops units that are too many. Every block is conditioned on all of `z` and the class.
Layout and numbers follow the published modules as pytorch-pretrained-biggan runs them,
whose files `jgan.convert.biggan_deep` reads: units are standardized by statistics of
the truncation that `z` was drawn with. Spectral norm is already in the kernels.
"""

import dataclasses
from itertools import pairwise

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from jgan import ops
from jgan.models.latents import Latents, check_latents
from jgan.models.layers import (
    Attention,
    Condition,
    Conv,
    conditional_affine,
    look_up,
    normalize,
)
from jgan.taps import Edits, Tapper
from jgan.typing import Activation, Images

# Units into each pair of blocks and out of the last, in multiples of the width. (Brock
# et al., 2019, tables 7 to 9.)
_UNITS = {
    128: (16, 16, 8, 4, 2, 1),
    256: (16, 16, 8, 8, 4, 2, 1),
    512: (16, 16, 8, 8, 4, 2, 1, 1),
}
RESOLUTIONS = tuple(_UNITS)
# The inside of a block has a fourth of the units that come in.
_BOTTLENECK = 4
# Where images have 64 pixels: from 4 on, every second block doubles them.
ATTENTION_BLOCK = 8
# A truncation in float32, times the number of steps, is this near to a whole number.
_ON_A_STEP = 1e-4


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of a BigGAN-deep generator.

    Attributes:
        resolution: Side of the image: 128, 256 or 512.
        width: Units of the narrowest block.
        latent_dim: Size of `z`.
        num_classes: Number of classes.
        shared_dim: Size of the class embedding.
        num_statistics: For how many truncations, evenly from 0 to 1, there are
            statistics.
        swap_statistics: Mix the statistics of two steps as the reference does: the
            nearer one gets the smaller weight, so that 0.405 counts as 0.415, and 0.14,
            0.28, 0.56, 0.58 and 0.94 as the step beside them. False interpolates.
        batch_norm_eps: Added to variances. In the file of the config, not of weights.
    """

    resolution: int = 128
    width: int = 128
    latent_dim: int = 128
    num_classes: int = 1000
    shared_dim: int = 128
    num_statistics: int = 51
    swap_statistics: bool = True
    batch_norm_eps: float = 1e-4

    def __post_init__(self) -> None:
        if self.resolution not in RESOLUTIONS:
            raise ValueError(
                f"resolution is {self.resolution}; BigGAN-deep has {RESOLUTIONS}."
            )
        sizes = (self.latent_dim, self.num_classes, self.shared_dim)
        # Labels are int32.
        if not all(1 <= size < 2**31 for size in sizes):
            raise ValueError(
                f"latent_dim {self.latent_dim}, num_classes {self.num_classes} and "
                f"shared_dim {self.shared_dim} must be positive and below 2**31."
            )
        # Attention has an eighth of the units of its block.
        if not 4 <= self.width < 2**16 or self.width % 4:
            raise ValueError(
                f"width is {self.width}; it is a multiple of 4 from 4 to {2**16 - 4}."
            )
        if not 2 <= self.num_statistics < 2**16:
            raise ValueError(
                f"num_statistics is {self.num_statistics}; there are 2 to {2**16 - 1}."
            )
        if not 0 < self.batch_norm_eps < 1:
            raise ValueError(
                f"batch_norm_eps is {self.batch_norm_eps}; it is above 0 and below 1."
            )

    @property
    def units_out(self) -> tuple[int, ...]:
        """Units out of each block."""
        pairs = pairwise(_UNITS[self.resolution])
        return tuple(self.width * units for pair in pairs for units in pair)

    @property
    def units_in(self) -> int:
        """Units into the first block."""
        return self.width * _UNITS[self.resolution][0]


class Generator(nn.Module):
    """Maps latents to images in [-1, 1].

    Attributes:
        config: Sizes.
    """

    config: Config

    @nn.compact
    def __call__(
        self, latents: Latents, edits: Edits | None = None
    ) -> tuple[Images, dict[str, Activation]]:
        """Returns the images, and the activation of every layer after edits.

        Layers, in order: ``linear``; for each block ``block{i}.act1`` to
        ``block{i}.act4`` (after normalization and ReLU, each preceded by its ``.gain``
        and ``.bias`` of shape ``image unit``) and ``block{i}`` (after the shortcut is
        added); ``attention`` before the first block that takes 64 pixels.
        """
        config = self.config
        check_latents(
            latents,
            latent_dim=config.latent_dim,
            num_classes=config.num_classes,
            takes_truncation=True,
        )
        tap = Tapper(edits)
        table = self.param(
            "embedding",
            nn.initializers.orthogonal(),
            (config.num_classes, config.shared_dim),
        )
        labels = jnp.asarray(latents.class_label)
        condition = (latents.z, look_up(table, labels))
        mix = statistics_mix(latents.truncation, config)
        units = config.units_in
        whole = jnp.concatenate(condition, axis=-1)
        x = nn.Dense(4 * 4 * units, name="linear")(whole)
        x = tap("linear", x.reshape(-1, 4, 4, units))
        for i, units in enumerate(config.units_out):
            upsample = i % 2 == 1
            if i == ATTENTION_BLOCK:
                x = tap("attention", Attention(name="attention")(x))
            block = Block(config, units, upsample=upsample, name=f"block{i}")
            x = tap(f"block{i}", block(x, condition, mix, tap))
        x = _Norm(config, name="norm")(x, mix)
        colors = Conv(3, name="to_rgb")(jax.nn.relu(x))
        return jnp.tanh(colors), tap.finish()


class Block(nn.Module):
    """Residual bottleneck: 1 x 1, two of 3 x 3, 1 x 1, each after its normalization."""

    config: Config
    units: int
    upsample: bool

    @nn.compact
    def __call__(
        self,
        x: Float[Array, "image row col unit_in"],
        condition: Condition,
        mix: Float[Array, "#image statistic"],
        tap: Tapper,
    ) -> Float[Array, "image row_out col_out unit_out"]:
        """Returns the shortcut plus the residual. Taps its four activations."""
        inside = x.shape[-1] // _BOTTLENECK

        def act(number: int, h: Array) -> Array:
            layer = f"{self.name}.act{number}"
            norm = ConditionalBatchNorm(self.config, name=f"norm{number}")
            return norm(h, condition, mix, tap, layer)

        h = Conv(inside, side=1, name="conv1")(act(1, x))
        h = Conv(inside, upsample=self.upsample, name="conv2")(act(2, h))
        h = Conv(inside, name="conv3")(act(3, h))
        h = Conv(self.units, side=1, name="conv4")(act(4, h))
        shortcut = x[..., : self.units]
        return h + (ops.upsample(shortcut) if self.upsample else shortcut)


class ConditionalBatchNorm(nn.Module):
    """Class-conditional batch normalization (CCBN) followed by ReLU, tapped."""

    config: Config

    @nn.compact
    def __call__(
        self,
        x: Float[Array, "image row col unit"],
        condition: Condition,
        mix: Float[Array, "#image statistic"],
        tap: Tapper,
        layer: str,
    ) -> Float[Array, "image row col unit"]:
        """Returns the activation of `layer`, after edits of it, its gain and bias."""
        gain, bias = conditional_affine(
            condition, x.shape[-1], self.config.num_classes, tap, layer
        )
        mean, variance = _statistics(self, x.shape[-1], mix)
        x = normalize(x, mean, variance, gain, bias, eps=self.config.batch_norm_eps)
        return tap(layer, jax.nn.relu(x))


class _Norm(nn.Module):
    """Batch normalization with a gain and bias of its own."""

    config: Config

    @nn.compact
    def __call__(
        self,
        x: Float[Array, "image row col unit"],
        mix: Float[Array, "#image statistic"],
    ) -> Float[Array, "image row col unit"]:
        """Returns the normalized activation."""
        units = x.shape[-1]
        gain = self.param("gain", nn.initializers.ones, (units,))
        bias = self.param("bias", nn.initializers.zeros, (units,))
        mean, variance = _statistics(self, units, mix)
        return normalize(x, mean, variance, gain, bias, eps=self.config.batch_norm_eps)


def _statistics(
    module: nn.Module, units: int, mix: Float[Array, "#image statistic"]
) -> tuple[Float[Array, "#image unit"], Float[Array, "#image unit"]]:
    shape = (mix.shape[1], units)
    mean = module.variable("batch_stats", "mean", jnp.zeros, shape)
    variance = module.variable("batch_stats", "variance", jnp.ones, shape)
    # Of two numbers at most; the highest precision keeps them whole on any platform.
    product = lambda table: jnp.matmul(mix, table, precision=jax.lax.Precision.HIGHEST)
    return product(mean.value), product(variance.value)


def statistics_mix(
    truncation: Float[Array, " image"] | None, config: Config
) -> Float[Array, "#image statistic"]:
    """Returns the weight of each step's statistics, for each image.

    Args:
        truncation: In [0, 1], of each image; None is 1. Under jit another one cannot
            raise, and gives NaN, which is seen.
        config: Sizes.
    """
    last = config.num_statistics - 1
    if truncation is None:
        return jax.nn.one_hot(jnp.array([last]), last + 1)
    place = truncation.astype(jnp.float32) * last
    nearest = jnp.round(place)
    part = place - jnp.floor(place)
    lower, whole = (x.astype(jnp.int32) for x in (jnp.floor(place), nearest))
    if config.swap_statistics:
        part = 1 - part
        whole = jnp.asarray(_steps_of_the_reference(last))[jnp.clip(whole, 0, last)]
    lower_weight = (1 - part)[:, None] * jax.nn.one_hot(lower, last + 1)
    upper_weight = part[:, None] * jax.nn.one_hot(lower + 1, last + 1)
    on_a_step = (jnp.abs(place - nearest) < _ON_A_STEP)[:, None]
    mixed = lower_weight + upper_weight
    mix = jnp.where(on_a_step, jax.nn.one_hot(whole, last + 1), mixed)
    valid = (truncation >= 0) & (truncation <= 1)
    return jnp.where(valid[:, None], mix, jnp.nan)


def _steps_of_the_reference(last: int) -> np.ndarray:
    """Returns the step whose statistics the reference takes at each step.

    It divides by the size of a step in float64, and a remainder of 1e-15 is enough for
    the swap to take the neighbor.
    """
    part, lower = np.modf((np.arange(last + 1) / last) / (1.0 / last))
    upper = np.where((part > 0) & (part < 0.5), lower + 1, lower)
    return np.minimum(upper, last).astype(np.int32)
