"""Discriminator of EigenGAN (He, Kan & Shan, 2021): convolutions, no normalization.

That it may tell the class of an image too is of Odena, Olah & Shlens (2017).
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import NamedTuple

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from jgan import ops
from jgan.models.eigengan import SLOPE, initializer
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


class Piece(NamedTuple):
    """The linear map that the network is about each of some images.

    Attributes:
        positive: Where the input of each leaky ReLU is, first layer first.
        constants: What biases are multiplied with, of each image: with 1 the map gives
            the images' own scores, and with 0 how scores change with the images.
    """

    positive: tuple[Bool[Array, "image ..."], ...]
    constants: Float[Array, " image"]


class Discriminator(nn.Module):
    """Maps images to scores, high for real ones, and to scores of classes."""

    config: Config

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
        scores, class_scores, _ = self.on_piece(images, None)
        return scores, class_scores

    @nn.compact
    def on_piece(
        self, images: Images, piece: Piece | None
    ) -> tuple[Float[Array, " image"], Float[Array, "image class"], Piece]:
        """Returns scores, class scores, and the linear piece that they are of.

        Args:
            images: In [-1, 1]; for a piece, any numbers.
            piece: As it is about as many other images; None for that of these.

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
        if piece is None:
            known, constants = None, jnp.ones(len(images), images.dtype)
        else:
            known, constants = piece
        positive = []

        def act(x: Array) -> Array:
            positive.append(x >= 0 if known is None else known[len(positive)])
            return jnp.where(positive[-1], x, SLOPE * x)

        def layer(
            x: Float[Array, "image ... unit_in"],
            units: int,
            name: str,
            op: Callable[[Array, Array], Array] = ops.conv,
            window: tuple[int, ...] = (3, 3),
        ) -> Float[Array, "image ... unit"]:
            return _Affine(units, op, window, name=name)(x, constants)

        halve = functools.partial(ops.strided_conv_3x3, padding=config.padding)
        *smaller, units = config.units
        h = act(layer(images, units, "from_rgb", window=(7, 7)))
        for i, units_out in reversed([*enumerate(smaller)]):
            # Named by the size that they make, 0 for 4 x 4 pixels.
            h = act(layer(h, h.shape[-1], f"conv{i + 1}"))
            h = act(layer(h, units_out, f"halve{i}", halve))
        h = act(layer(h, h.shape[-1], "conv0"))
        dense = functools.partial(layer, op=jnp.matmul, window=())
        h = act(dense(h.reshape(len(h), -1), config.hidden, "hidden"))
        score = dense(h, 1, "score")[:, 0]
        kinds = jnp.zeros((len(h), 0))
        if config.num_classes:
            kinds = dense(h, config.num_classes, "classes")
        return score, kinds, Piece(tuple(positive), constants)


class _Affine(nn.Module):
    """Adds a bias to what an op makes of a map and a kernel.

    Attributes:
        units: Units out.
        op: Linear in the map.
        window: Sides of the kernel in pixels.
    """

    units: int
    op: Callable[[Array, Array], Array]
    window: tuple[int, ...]

    @nn.compact
    def __call__(
        self, x: Float[Array, "image ... unit_in"], constants: Float[Array, " image"]
    ) -> Float[Array, "image ... unit"]:
        """Returns the sum, with the bias times a constant of each image."""
        shape = (*self.window, x.shape[-1], self.units)
        kernel = self.param("kernel", initializer(transposed=False), shape)
        bias = self.param("bias", nn.initializers.zeros, (self.units,))
        y = self.op(x, kernel)
        each = constants.reshape(-1, *(1,) * (y.ndim - 1))
        return y + each * bias.reshape(*(1,) * (y.ndim - 1), -1)
