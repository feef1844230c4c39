"""Generator of the DCGAN family (Radford, Metz & Chintala, 2016).

A vector becomes a 4 x 4 map, and every transposed convolution doubles its sides. A
class, where there are classes, is a one-hot vector appended to `z`.
"""

import dataclasses

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan import ops
from jgan.models.latents import Latents, check_latents
from jgan.models.layers import BatchNorm
from jgan.taps import Edits, Tapper
from jgan.typing import Activation, Images

# To 1024 pixels. What declares more layers is no DCGAN.
_MOST_LAYERS = 8
_INIT = nn.initializers.normal(0.02)  # Radford et al., 2016, section 4.


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of a DCGAN generator.

    Attributes:
        latent_dim: Size of `z`.
        units: Units of each layer from 4 x 4 pixels up. Every further layer, and the
            last one to the image, doubles the resolution.
        num_classes: Number of classes, 0 for none.
        batch_norm_eps: Added to variances. Not in a checkpoint; PyTorch's default.
    """

    latent_dim: int = 100
    units: tuple[int, ...] = (512, 256, 128, 64)
    num_classes: int = 0
    batch_norm_eps: float = 1e-5

    def __post_init__(self) -> None:
        if not 1 <= len(self.units) <= _MOST_LAYERS:
            raise ValueError(
                f"{len(self.units)} layers of units; a DCGAN has 1 to {_MOST_LAYERS}."
            )
        # Labels are int32.
        sizes = (self.latent_dim, *self.units, self.num_classes + 1)
        if not all(1 <= size < 2**31 for size in sizes):
            raise ValueError(f"A size is not positive and below 2**31: {self}.")

    @property
    def resolution(self) -> int:
        """Side of the image in pixels."""
        return 4 * 2 ** len(self.units)


class Generator(nn.Module):
    """Maps latents to images in [-1, 1]."""

    config: Config

    @nn.compact
    def __call__(
        self, latents: Latents, edits: Edits | None = None
    ) -> tuple[Images, dict[str, Activation]]:
        """Returns the images, and the activation of every layer after edits.

        Layers: ``layer1`` (4 x 4 pixels), ``layer2``, … after normalization and ReLU.
        """
        config = self.config
        check_latents(
            latents, latent_dim=config.latent_dim, num_classes=config.num_classes
        )
        tap = Tapper(edits)
        x = _with_class(latents, config.num_classes)
        x = nn.Dense(
            16 * config.units[0], use_bias=False, kernel_init=_INIT, name="linear"
        )(x)
        x = x.reshape(-1, 4, 4, config.units[0])
        for i, units in enumerate(config.units, start=1):
            if i > 1:
                x = TransposedConv(units, name=f"conv{i}")(x)
            x = BatchNorm(config.batch_norm_eps, name=f"norm{i}")(x)
            x = tap(f"layer{i}", jax.nn.relu(x))
        return jnp.tanh(TransposedConv(3, name="to_rgb")(x)), tap.finish()


def _with_class(latents: Latents, num_classes: int) -> Float[Array, "image input"]:
    if latents.class_label is None:
        return latents.z
    label = latents.class_label[:, None]
    one_hot = (label == jnp.arange(num_classes)[None, :]).astype(latents.z.dtype)
    # A label outside the classes is a row of NaN, as in `layers.look_up`.
    known = (label >= 0) & (label < num_classes)
    return jnp.concatenate([latents.z, jnp.where(known, one_hot, jnp.nan)], axis=-1)


class TransposedConv(nn.Module):
    """Transposed convolution of stride 2 with a 4 x 4 kernel and no bias."""

    units: int

    @nn.compact
    def __call__(
        self, x: Float[Array, "image row col unit_in"]
    ) -> Float[Array, "image row_out col_out unit_out"]:
        """Returns a map of twice the rows and columns."""
        kernel = self.param("kernel", _INIT, (4, 4, x.shape[-1], self.units))
        return ops.transposed_conv(x, kernel)
