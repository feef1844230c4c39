"""Layers that several families share. Modules name the parameters, ops do the work."""

import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from jgan import ops
from jgan.taps import Tapper


def normalize(
    x: Float[Array, "image row col unit"],
    mean: Float[Array, "*#image unit"],
    variance: Float[Array, "*#image unit"],
    gain: Float[Array, "*#image unit"],
    bias: Float[Array, "*#image unit"],
    *,
    eps: float,
) -> Float[Array, "image row col unit"]:
    """Returns `x` standardized by stored statistics, then scaled and shifted.

    Args:
        x: Activation.
        mean: Mean of each unit, or of each image and unit.
        variance: Biased variance, of the same shape.
        gain: Factor, of each unit or of each image and unit.
        bias: Added last, of the shape of `gain`.
        eps: Added to the variance.
    """
    place = lambda a: a.reshape(a.shape[0] if a.ndim == 2 else 1, 1, 1, -1)
    scale = place(gain) * jax.lax.rsqrt(place(variance) + eps)
    # Subtracting first keeps the digits that a folded `x * scale + shift` loses where
    # the mean is large.
    return (x - place(mean)) * scale + place(bias)


class BatchNorm(nn.Module):
    """Batch normalization with a gain and bias of its own."""

    eps: float

    @nn.compact
    def __call__(
        self, x: Float[Array, "image row col unit"]
    ) -> Float[Array, "image row col unit"]:
        """Returns the normalized activation."""
        units = x.shape[-1]
        gain = self.param("gain", nn.initializers.ones, (units,))
        bias = self.param("bias", nn.initializers.zeros, (units,))
        mean, variance = batch_statistics(self, x)
        return normalize(x, mean, variance, gain, bias, eps=self.eps)


def batch_statistics(
    module: nn.Module, x: Float[Array, "image row col unit"]
) -> tuple[Float[Array, " unit"], Float[Array, " unit"]]:
    """Returns the mean and biased variance of each unit: stored, or of the batch.

    They are those that the module keeps in ``batch_stats``. Where the caller lets that
    collection be written, as in training, they are those of `x`, and are stored.
    """
    units = x.shape[-1]
    mean = module.variable("batch_stats", "mean", jnp.zeros, (units,))
    variance = module.variable("batch_stats", "variance", jnp.ones, (units,))
    training = module.is_mutable_collection("batch_stats")
    if training and not module.is_initializing():
        mean.value = x.mean(axis=(0, 1, 2))
        # The mean is subtracted first: a difference of squares loses digits.
        centered = x - mean.value[None, None, None, :]
        variance.value = jnp.square(centered).mean(axis=(0, 1, 2))
    return mean.value, variance.value


class Conv(nn.Module):
    """Convolution of stride 1, of the map or of the map upsampled.

    Attributes:
        units: Units out.
        side: Side of the kernel in pixels.
        use_bias: Whether each unit has a bias.
        upsample: Repeat every pixel twice in both directions first; 3 x 3 only.
    """

    units: int
    side: int = 3
    use_bias: bool = True
    upsample: bool = False

    @nn.compact
    def __call__(
        self, x: Float[Array, "image row col unit_in"]
    ) -> Float[Array, "image row_out col_out unit_out"]:
        """Returns the convolution, of as many rows and columns as what it convolves."""
        shape = (self.side, self.side, x.shape[-1], self.units)
        kernel = self.param("kernel", nn.initializers.orthogonal(), shape)
        y = (ops.upsample_conv if self.upsample else ops.conv)(x, kernel)
        if not self.use_bias:
            return y
        bias = self.param("bias", nn.initializers.zeros, (self.units,))
        return y + bias[None, None, None, :]


# What conditions an image: its class, or vectors of which one stands for the class.
Condition = Int[Array, " image"] | tuple[Float[Array, "image _part"], ...]


class ClassAffine(nn.Module):
    """Gain or bias of each image and unit, from what conditions the image.

    Attributes:
        units: How many units to scale or shift.
        num_classes: Rows of the table if the condition is a class label; unused if it
            is vectors.
    """

    units: int
    num_classes: int

    @nn.compact
    def __call__(self, condition: Condition) -> Float[Array, "image unit"]:
        """Returns a linear function of the vectors, or the row of a label."""
        init = nn.initializers.orthogonal()
        if not isinstance(condition, tuple):
            table = self.param("table", init, (self.num_classes, self.units))
            return look_up(table, condition)
        sizes = [part.shape[-1] for part in condition]
        kernel = self.param("kernel", init, (sum(sizes), self.units))
        rows = jnp.split(kernel, np.cumsum(sizes)[:-1])
        # Not one product of vectors put together: where many classes meet many latents,
        # as in channel awareness, each part is then computed once for each of its own.
        products = [part @ some for part, some in zip(condition, rows, strict=True)]
        return functools.reduce(jnp.add, products)


def conditional_affine(
    condition: Condition, units: int, num_classes: int, tap: Tapper, layer: str
) -> tuple[Float[Array, "image unit"], Float[Array, "image unit"]]:
    """Returns gain and bias of a class-conditional normalization, after edits of them.

    Their parameters are of the module whose compact method calls this.

    Args:
        condition: What conditions the images.
        units: How many units to scale and shift.
        num_classes: As `ClassAffine` has it.
        tap: Shows them as ``{layer}.gain`` and ``{layer}.bias``.
        layer: Name of the activation.
    """
    affine = lambda name: ClassAffine(units, num_classes, name=name)(condition)
    gain = tap(f"{layer}.gain", 1.0 + affine("gain"))
    return gain, tap(f"{layer}.bias", affine("bias"))


def look_up(
    table: Float[Array, "class unit"], class_label: Int[Array, " image"]
) -> Float[Array, "image unit"]:
    """Returns the row of each label, and NaN for a label that the table lacks.

    Under jit a wrong label cannot raise. NaN is seen, the nearest class would not be.
    """
    # A negative index would count from the end.
    index = jnp.where(class_label < 0, len(table), class_label)
    return jnp.take(table, index, axis=0, mode="fill", fill_value=jnp.nan)


class Attention(nn.Module):
    """Self-attention with keys and values at half the resolution (Zhang et al., 2019).

    As BigGAN has it (Brock et al., 2019): no biases, maximum pooling, and a learned
    weight of the residual.
    """

    @nn.compact
    def __call__(
        self, x: Float[Array, "image row col unit"]
    ) -> Float[Array, "image row col unit"]:
        """Returns `x` plus what its pixels read from each other."""
        units = x.shape[-1]
        one_by_one = lambda units, name: Conv(units, side=1, use_bias=False, name=name)
        query = one_by_one(units // 8, "query")(x)
        keys = nn.max_pool(one_by_one(units // 8, "key")(x), (2, 2), (2, 2))
        values = nn.max_pool(one_by_one(units // 2, "value")(x), (2, 2), (2, 2))
        # Pixels as one axis: with rows and columns apart XLA on CPU transposes the
        # weights, which takes three times as long as the attention itself.
        query, keys, values = (
            a.reshape(len(a), -1, a.shape[-1]) for a in (query, keys, values)
        )
        weights = jax.nn.softmax(jnp.einsum("nqu,nku->nqk", query, keys), axis=-1)
        read = jnp.einsum("nqk,nku->nqu", weights, values)
        read = read.reshape(*x.shape[:3], units // 2)
        residual = self.param("residual_weight", nn.initializers.zeros, ())
        return residual * one_by_one(units, "out")(read) + x
