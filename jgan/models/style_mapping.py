"""Mapping network of the StyleGAN family: from `z` and a class to `w`, truncated."""

import math

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from jgan import ops
from jgan.models.layers import look_up
from jgan.models.style_latents import StyleLatents

_EPS = 1e-8  # As in all published code.


class EqualDense(nn.Module):
    """Dense layer with an equalized learning rate (Karras et al., 2018, section 4.1).

    The kernel is kept at deviation one, over the multiplier, and scaled when it is
    used.

    Attributes:
        units: Units out.
        lr_multiplier: Factor on kernel and bias.
        bias: Initial bias.
        activate: Whether the leaky ReLU ends the layer.
    """

    units: int
    lr_multiplier: float = 1.0
    bias: float = 0.0
    activate: bool = False

    @nn.compact
    def __call__(
        self, x: Float[Array, "image unit_in"]
    ) -> Float[Array, "image unit_out"]:
        """Returns the layer's activation."""
        init = nn.initializers.normal(1 / self.lr_multiplier)
        kernel = self.param("kernel", init, (x.shape[-1], self.units))
        bias = self.param("bias", nn.initializers.constant(self.bias), (self.units,))
        y = x @ (kernel * (self.lr_multiplier / math.sqrt(x.shape[-1])))
        bias = bias * self.lr_multiplier
        return ops.bias_leaky_relu(y, bias) if self.activate else y + bias[None, :]


class Mapping(nn.Module):
    """Maps the normalized latent, and the embedded class, to `w`.

    Attributes:
        num_layers: Dense layers.
        units: Units of each but the last.
        w_dim: Size of `w`.
        embed_dim: Size of the class embedding.
        num_classes: Number of classes, 0 for none.
        joint_norm: Normalize `z` and the embedding as one vector, as the first code of
            StyleGAN2 does; else each alone, as from StyleGAN2-ADA on.
        lr_multiplier: Of the dense layers.
    """

    num_layers: int
    units: int
    w_dim: int
    embed_dim: int
    num_classes: int
    joint_norm: bool
    lr_multiplier: float

    @nn.compact
    def __call__(
        self,
        z: Float[Array, "image latent"],
        class_label: Int[Array, " image"] | None,
    ) -> Float[Array, "image unit"]:
        """Returns `w` of each image."""
        parts = [z]
        if class_label is not None:
            embed = _Embedding(self.embed_dim, self.num_classes, name="embed")
            parts.append(embed(class_label))
        if not self.joint_norm:
            parts = [normalize(part) for part in parts]
        x = jnp.concatenate(parts, axis=-1)
        x = normalize(x) if self.joint_norm else x
        for i in range(self.num_layers):
            units = self.units if i < self.num_layers - 1 else self.w_dim
            x = EqualDense(units, self.lr_multiplier, activate=True, name=f"dense{i}")(
                x
            )
        return x


class _Embedding(nn.Module):
    """A dense layer of the one-hot class, which is a row of its kernel."""

    units: int
    num_classes: int

    @nn.compact
    def __call__(self, class_label: Int[Array, " image"]) -> Float[Array, "image unit"]:
        """Returns the embedded class."""
        shape = (self.num_classes, self.units)
        kernel = self.param("kernel", nn.initializers.normal(1.0), shape)
        bias = self.param("bias", nn.initializers.zeros, (self.units,))
        rows = look_up(kernel, class_label)
        return rows * self.num_classes**-0.5 + bias[None, :]


def normalize(x: Float[Array, "image unit"]) -> Float[Array, "image unit"]:
    """Returns each vector divided by the root of its mean square."""
    power = jnp.mean(jnp.square(x), axis=-1, keepdims=True)
    return x * jax.lax.rsqrt(power + _EPS)


def w_of_layers(
    w: Float[Array, "image unit"],
    w_avg: Float[Array, " unit"],
    latents: StyleLatents,
    *,
    num_layers: int,
) -> Float[Array, "image layer unit"]:
    """Returns the truncated `w` of each layer.

    Args:
        w: Mapped latents.
        w_avg: Their mean, towards which they are truncated.
        latents: Whose `psi` and `cutoff` say by how much, and in how many layers.
        num_layers: Of the synthesis network.
    """
    shape = (len(w), num_layers, w.shape[1])
    if latents.psi is None:
        return jnp.broadcast_to(w[:, None, :], shape)
    # Written so that 1 is exactly no truncation.
    rest = (1 - latents.psi)[:, None, None]
    if latents.cutoff is not None:
        layer = jnp.arange(num_layers)[None, :, None]
        rest = jnp.where(layer < latents.cutoff[:, None, None], rest, 0.0)
    moved = w[:, None, :] - rest * (w - w_avg[None, :])[:, None, :]
    return jnp.broadcast_to(moved, shape)
