"""Discriminator of EigenGAN (He, Kan & Shan, 2021): convolutions, no normalization.

That it may tell the class of an image too is of Odena, Olah & Shlens (2017).
"""

import dataclasses

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan import ops
from jgan.models.eigengan import SLOPE, Conv, initializer
from jgan.typing import Images


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of an EigenGAN discriminator.

    Attributes:
        units: Units at 4 x 4 pixels, 8 x 8, … up to the image's size, as the
            generator's.
        hidden: Units of the layer before the score.
        padding: As the generator's.
        num_classes: Classes of images to tell apart; the published one tells none.
    """

    units: tuple[int, ...] = (512, 512, 256, 128, 64, 32, 16)
    hidden: int = 512
    padding: str = "tensorflow"
    num_classes: int = 0

    def __post_init__(self) -> None:
        if not self.units or min(*self.units, self.hidden) < 1:
            raise ValueError(
                f"units {self.units} and hidden {self.hidden} must be positive, and "
                "there is at least one number of units."
            )
        if self.num_classes < 0:
            raise ValueError(f"num_classes is {self.num_classes}; give 0 or more.")

    @property
    def resolution(self) -> int:
        """Side of the images in pixels."""
        return 4 * 2 ** (len(self.units) - 1)


class Discriminator(nn.Module):
    """Maps images to scores, high for real ones, and to scores of classes."""

    config: Config

    @nn.compact
    def __call__(
        self, images: Images
    ) -> tuple[Float[Array, " image"], Float[Array, "image class"]]:
        """Returns the score of each image, and of each class for it.

        Class scores are natural logarithms of probabilities, plus any number.

        Args:
            images: In [-1, 1].

        Raises:
            ValueError: If they are of another size.
        """
        config = self.config
        side = config.resolution
        if images.shape[1:3] != (side, side):
            raise ValueError(
                f"The images have {images.shape[1]} x {images.shape[2]} pixels; this "
                f"discriminator takes {side} x {side}."
            )
        *smaller, units = config.units
        h = _act(Conv(units, side=7, name="from_rgb")(images))
        for i, units_out in reversed([*enumerate(smaller)]):
            # Named by the size that they make, 0 for 4 x 4 pixels.
            h = _act(Conv(h.shape[-1], name=f"conv{i + 1}")(h))
            h = _act(_Halve(units_out, config.padding, name=f"halve{i}")(h))
        h = _act(Conv(h.shape[-1], name="conv0")(h))
        dense = lambda units, name: nn.Dense(
            units, kernel_init=initializer(transposed=False), name=name
        )
        h = _act(dense(config.hidden, "hidden")(h.reshape(len(h), -1)))
        score = dense(1, "score")(h)[:, 0]
        if not config.num_classes:
            return score, jnp.zeros((len(h), 0))
        return score, dense(config.num_classes, "classes")(h)


class _Halve(nn.Module):
    """3 x 3 convolution of stride 2 with a bias.

    Attributes:
        units: Units out.
        padding: As `Config` has it.
    """

    units: int
    padding: str

    @nn.compact
    def __call__(
        self, x: Float[Array, "image row col unit_in"]
    ) -> Float[Array, "image row_out col_out unit"]:
        """Returns a map of half the rows and columns."""
        shape = (3, 3, x.shape[-1], self.units)
        kernel = self.param("kernel", initializer(transposed=False), shape)
        bias = self.param("bias", nn.initializers.zeros, (self.units,))
        halved = ops.strided_conv_3x3(x, kernel, padding=self.padding)
        return halved + bias[None, None, None]


def _act(x: Array) -> Array:
    return jax.nn.leaky_relu(x, SLOPE)
