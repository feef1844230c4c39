"""Discriminator of BigGAN: residual, with a class projection and spectral norm.

Blocks mirror the generator's (Brock, Donahue & Simonyan, 2019). The score of an image
is a linear function of its pooled features, plus their product with the embedding of
its class (Miyato & Koyama, 2018). Every kernel is divided by its largest singular value
(Miyato et al., 2018).
"""

import dataclasses

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from jgan import ops
from jgan.models.layers import look_up
from jgan.typing import Images

# Keeps a direction of zero length from becoming NaN; the reference's own.
_EPS = 1e-12


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of a discriminator.

    Attributes:
        units: Units out of each block. All blocks but the last halve the resolution.
        num_classes: Number of classes, 0 for none.
    """

    units: tuple[int, ...]
    num_classes: int = 0

    def __post_init__(self) -> None:
        if not self.units or min(self.units) < 1 or self.num_classes < 0:
            raise ValueError(
                f"units {self.units} must be positive, at least one, and num_classes "
                f"{self.num_classes} not negative."
            )


class Discriminator(nn.Module):
    """Maps images and their classes to scores, high for real ones.

    Keeps a direction for every kernel in the collection ``spectral_norm``. Each call
    that may write that collection brings it closer to the first singular vector.

    Attributes:
        config: Sizes.
        first_block: Where it starts, if it has yet to grow and reads smaller images.
    """

    config: Config
    first_block: int = 0

    @nn.compact
    def __call__(
        self, images: Images, class_label: Int[Array, " image"] | None = None
    ) -> Float[Array, " image"]:
        """Returns the score of each image.

        Args:
            images: In [-1, 1].
            class_label: Of each image, where the discriminator has classes.

        Raises:
            ValueError: If the image cannot be halved often enough, or labels lack or
                are too many.
        """
        config = self.config
        factor = 2 ** (len(config.units) - self.first_block)
        if images.shape[1] % factor or images.shape[2] % factor:
            raise ValueError(
                f"The images have {images.shape[1]} x {images.shape[2]} pixels; this "
                f"discriminator needs a multiple of {factor}."
            )
        if (class_label is None) != (config.num_classes == 0):
            raise ValueError(
                f"class_label is {class_label}, and the discriminator has "
                f"{config.num_classes} classes."
            )
        x = ops.squares(images)
        for i in range(self.first_block, len(config.units)):
            first, last = i == self.first_block, i == len(config.units) - 1
            x = Block(config.units[i], first=first, last=last, name=f"block{i}")(x)
        features = jax.nn.relu(x).sum(axis=(1, 2))
        score = SpectralDense(1, name="score")(features)[:, 0]
        if class_label is None:
            return score
        init = nn.initializers.orthogonal()
        shape = (config.num_classes, features.shape[-1])
        table = spectral_norm(self, self.param("embedding", init, shape), "embedding")
        return score + (look_up(table, class_label) * features).sum(axis=-1)


class Block(nn.Module):
    """Residual block.

    Attributes:
        units: Units out.
        first: Whether it reads the image, which has nothing to rectify.
        last: Whether it keeps the resolution; the others halve it.
    """

    units: int
    first: bool
    last: bool

    @nn.compact
    def __call__(
        self, x: Float[Array, "image row col unit_in"]
    ) -> Float[Array, "image row_out col_out unit_out"]:
        """Returns the shortcut plus the residual."""
        h = x if self.first else jax.nn.relu(x)
        h = jax.nn.relu(SpectralConv(self.units, name="conv1")(h))
        h = SpectralConv(self.units, downsample=not self.last, name="conv2")(h)
        # Pooling and a 1 x 1 convolution commute; this order is a quarter of the work.
        x = x if self.last else ops.downsample(x)
        if x.shape[-1] != self.units:
            x = SpectralConv(self.units, side=1, name="shortcut")(x)
        return h + x


class SpectralConv(nn.Module):
    """Convolution whose kernel has a largest singular value of 1.

    Attributes:
        units: Units out.
        side: Side of the kernel in pixels.
        downsample: Average each square of 2 x 2 pixels after it; 3 x 3 only.
    """

    units: int
    side: int = 3
    downsample: bool = False

    @nn.compact
    def __call__(
        self, x: Float[Array, "image row col unit_in"]
    ) -> Float[Array, "image row_out col_out unit_out"]:
        """Returns the convolution, averaged or not."""
        shape = (self.side, self.side, x.shape[-1], self.units)
        kernel = self.param("kernel", nn.initializers.orthogonal(), shape)
        kernel = spectral_norm(self, kernel, "direction")
        bias = self.param("bias", nn.initializers.zeros, (self.units,))
        y = (ops.downsample_conv if self.downsample else ops.conv)(x, kernel)
        return y + bias[None, None, None, :]


class SpectralDense(nn.Module):
    """Linear layer whose kernel has a largest singular value of 1."""

    units: int

    @nn.compact
    def __call__(self, x: Float[Array, "image unit_in"]) -> Float[Array, "image unit"]:
        """Returns the linear function of `x`."""
        init = nn.initializers.orthogonal()
        kernel = self.param("kernel", init, (x.shape[-1], self.units))
        bias = self.param("bias", nn.initializers.zeros, (self.units,))
        return x @ spectral_norm(self, kernel, "direction") + bias[None, :]


def spectral_norm(
    module: nn.Module, kernel: Float[Array, "*place unit"], name: str
) -> Float[Array, "*place unit"]:
    """Returns the kernel divided by an estimate of its largest singular value.

    The estimate is one step of power iteration from the stored direction. The gradient
    takes the singular vectors as constant (Miyato et al., 2018, appendix A).

    Args:
        module: Keeps the direction in its collection ``spectral_norm``.
        kernel: Read as a matrix of all that comes in by the units that go out.
        name: Of the direction.
    """
    matrix = kernel.reshape(-1, kernel.shape[-1])
    start = lambda: jax.random.normal(
        module.make_rng("params"), matrix.shape[1:], matrix.dtype
    )
    direction = module.variable("spectral_norm", name, start)
    constant = jax.lax.stop_gradient(matrix)
    left = _unit_length(constant @ direction.value)
    right = _unit_length(left @ constant)
    if module.is_mutable_collection("spectral_norm") and not module.is_initializing():
        direction.value = right
    return kernel / (left @ matrix @ right)


def _unit_length(vector: Float[Array, " n"]) -> Float[Array, " n"]:
    return vector / (jnp.linalg.norm(vector) + _EPS)
