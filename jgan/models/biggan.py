"""Generator of BigGAN (Brock, Donahue & Simonyan, 2019), 32 to 512 pixels.

Residual blocks, each of which doubles the resolution. Before every convolution the
units are standardized, then scaled and shifted by what the class (and a part of `z`)
asks for: ``gain = 1 + linear(condition)``. Layout and numbers follow
ajbrock/BigGAN-PyTorch, whose checkpoints `jgan.convert.biggan` reads; spectral norm is
already in the kernels.
"""

import dataclasses

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan import ops
from jgan.models.latents import Latents, check_latents
from jgan.models.layers import (
    Attention,
    BatchNorm,
    Condition,
    Conv,
    batch_statistics,
    conditional_affine,
    look_up,
    normalize,
)
from jgan.taps import Edits, Tapper
from jgan.typing import Activation, Images

# Units out of each block in multiples of the width; the first block takes in as many as
# the first entry of `_UNITS_IN`. (Brock et al., 2019, tables 4 to 6; the reference's
# G_arch for 32 and 64 pixels.)
_UNITS_OUT = {
    32: (4, 4, 4),
    64: (16, 8, 4, 2),
    128: (16, 8, 4, 2, 1),
    256: (16, 8, 8, 4, 2, 1),
    512: (16, 8, 8, 4, 2, 1, 1),
}
RESOLUTIONS = tuple(_UNITS_OUT)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of a BigGAN generator.

    Attributes:
        resolution: Side of the image: 32, 64, 128, 256 or 512.
        width: Units of the narrowest block, ``G_ch`` of the reference.
        latent_dim: Size of `z`.
        num_classes: Number of classes.
        shared_dim: Size of the class embedding that all blocks share. None gives every
            normalization its own table of classes.
        hierarchical: Cut `z` into a chunk for the first layer and one for each block.
            Needs a shared embedding.
        attention: Resolutions after whose block self-attention follows.
        batch_norm_eps: Added to variances. Not in a checkpoint; the reference's own.
    """

    resolution: int = 128
    width: int = 96
    latent_dim: int = 120
    num_classes: int = 1000
    shared_dim: int | None = 128
    hierarchical: bool = True
    attention: tuple[int, ...] = (64,)
    batch_norm_eps: float = 1e-5

    def __post_init__(self) -> None:
        if self.resolution not in RESOLUTIONS:
            raise ValueError(
                f"resolution is {self.resolution}; BigGAN has {RESOLUTIONS}."
            )
        sizes = [self.width, self.latent_dim, self.num_classes]
        sizes += [] if self.shared_dim is None else [self.shared_dim]
        # Labels are int32.
        if not all(1 <= size < 2**31 for size in sizes):
            raise ValueError(
                f"width {self.width}, latent_dim {self.latent_dim}, num_classes "
                f"{self.num_classes} and shared_dim {self.shared_dim} must be positive "
                "and below 2**31."
            )
        sides = [8 * 2**i for i in range(len(_UNITS_OUT[self.resolution]))]
        if len({*self.attention} & {*sides}) != len(self.attention):
            raise ValueError(f"attention is {self.attention}; blocks end at {sides}.")
        if not 0 < self.batch_norm_eps < 1:
            raise ValueError(f"batch_norm_eps is {self.batch_norm_eps}.")
        if self.hierarchical and self.shared_dim is None:
            raise ValueError("A hierarchical latent needs a shared embedding.")
        if self.latent_dim % self.num_chunks:
            raise ValueError(
                f"latent_dim {self.latent_dim} is not {self.num_chunks} equal chunks."
            )

    @property
    def units_out(self) -> tuple[int, ...]:
        """Units out of each block."""
        return tuple(self.width * factor for factor in _UNITS_OUT[self.resolution])

    @property
    def num_chunks(self) -> int:
        """Parts that `z` is cut into."""
        return 1 + len(_UNITS_OUT[self.resolution]) if self.hierarchical else 1


class Generator(nn.Module):
    """Maps latents to images in [-1, 1].

    Attributes:
        config: Sizes.
        num_blocks: How many blocks there are, if not all: a generator that has yet to
            grow makes smaller images, and has a normalization and colors of its own.
    """

    config: Config
    num_blocks: int | None = None

    @nn.compact
    def __call__(
        self, latents: Latents, edits: Edits | None = None
    ) -> tuple[Images, dict[str, Activation]]:
        """Returns the images, and the activation of every layer after edits.

        Layers, in order: ``linear``; for each block ``block{i}.act1`` and
        ``block{i}.act2`` (after normalization and ReLU, each preceded by its ``.gain``
        and ``.bias`` of shape ``image unit``) and ``block{i}`` (after the shortcut is
        added); ``attention``, or ``attention{resolution}`` where there are several.
        """
        config = self.config
        check_latents(
            latents, latent_dim=config.latent_dim, num_classes=config.num_classes
        )
        tap = Tapper(edits)
        chunks = jnp.split(latents.z, config.num_chunks, axis=-1)
        conditions = self._conditions(latents.class_label, chunks[1:])
        units = config.units_out[0]
        x = nn.Dense(4 * 4 * units, name="linear")(chunks[0])
        x = tap("linear", x.reshape(-1, 4, 4, units))
        for i, units in enumerate(config.units_out[: self.num_blocks]):
            x = Block(config, units, name=f"block{i}")(x, conditions[i], tap)
            x = tap(f"block{i}", x)
            if x.shape[1] in config.attention:
                side = x.shape[1] if len(config.attention) > 1 else ""
                x = tap(f"attention{side}", Attention(name=f"attention{side}")(x))
        grown = x.shape[1] == config.resolution
        suffix = "" if grown else f"_{x.shape[1]}"
        x = BatchNorm(config.batch_norm_eps, name=f"norm{suffix}")(x)
        colors = Conv(3, name=f"to_rgb{suffix}")(jax.nn.relu(x))
        return jnp.tanh(colors), tap.finish()

    def _conditions(self, class_label, chunks) -> list[Condition]:
        config = self.config
        num_blocks = len(config.units_out)
        if config.shared_dim is None:
            return [class_label] * num_blocks
        table = self.param(
            "embedding",
            nn.initializers.orthogonal(),
            (config.num_classes, config.shared_dim),
        )
        embedding = look_up(table, class_label)
        if not config.hierarchical:
            return [(embedding,)] * num_blocks
        return [(embedding, chunk) for chunk in chunks]


class Block(nn.Module):
    """Residual block that doubles the resolution."""

    config: Config
    units: int

    @nn.compact
    def __call__(
        self,
        x: Float[Array, "image row col unit_in"],
        condition: Condition,
        tap: Tapper,
    ) -> Float[Array, "image row_out col_out unit_out"]:
        """Returns the shortcut plus the residual. Taps its two activations."""
        norm = lambda i: ConditionalBatchNorm(self.config, name=f"norm{i}")
        h = norm(1)(x, condition, tap, f"{self.name}.act1")
        h = Conv(self.units, upsample=True, name="conv1")(h)
        h = norm(2)(h, condition, tap, f"{self.name}.act2")
        h = Conv(self.units, name="conv2")(h)
        # A 1 x 1 convolution and nearest upsampling commute; this order is a quarter of
        # the work.
        return h + ops.upsample(Conv(self.units, side=1, name="shortcut")(x))


class ConditionalBatchNorm(nn.Module):
    """Class-conditional batch normalization (CCBN) followed by ReLU, tapped."""

    config: Config

    @nn.compact
    def __call__(
        self,
        x: Float[Array, "image row col unit"],
        condition: Condition,
        tap: Tapper,
        layer: str,
    ) -> Float[Array, "image row col unit"]:
        """Returns the activation of `layer`, after edits of it, its gain and bias."""
        gain, bias = conditional_affine(
            condition, x.shape[-1], self.config.num_classes, tap, layer
        )
        mean, variance = batch_statistics(self, x)
        x = normalize(x, mean, variance, gain, bias, eps=self.config.batch_norm_eps)
        return tap(layer, jax.nn.relu(x))
