"""EfficientNet-Lite0: an ImageNet classifier, and the features before its last layer.

Tan & Le, 2019, without squeeze and excitation and with ReLU6, as Google published it in
2020 for small devices. For measuring images, so it runs by stored statistics only and
has no taps.
"""

import functools
import operator
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Num

from jgan.models.layers import BatchNorm, Conv

SIDE = 224  # Of the images it was trained on, in pixels.
NUM_CLASSES = 1000
_EPS = 1e-3  # Of its normalizations. Not in a checkpoint.
# TensorFlow's: where an odd number of pixels is missing, as with stride 2, one more
# goes below and to the right.
_PADDING = "SAME"
_STEM, _HEAD = 32, 1280  # Units of the first and of the last convolution.


class Stage(NamedTuple):
    """Blocks of one width.

    Attributes:
        num_blocks: How many.
        side: Side of the depthwise kernels.
        stride: Of the first block; 1 in the others.
        expand: Units inside a block for each unit that enters it.
        units: Units out.
    """

    num_blocks: int
    side: int
    stride: int
    expand: int
    units: int


STAGES = (
    Stage(num_blocks=1, side=3, stride=1, expand=1, units=16),
    Stage(num_blocks=2, side=3, stride=2, expand=6, units=24),
    Stage(num_blocks=2, side=5, stride=2, expand=6, units=40),
    Stage(num_blocks=3, side=3, stride=2, expand=6, units=80),
    Stage(num_blocks=3, side=5, stride=1, expand=6, units=112),
    Stage(num_blocks=4, side=5, stride=2, expand=6, units=192),
    Stage(num_blocks=1, side=3, stride=1, expand=6, units=320),
)


class Outputs(NamedTuple):
    """What the network says of images.

    Attributes:
        features: Last activation, averaged over pixels. From 0 to 6.
        logits: Of the 1,000 classes of ILSVRC 2012, in the order of their WordNet
            numbers.
    """

    features: Float[Array, "image 1280"]
    logits: Float[Array, "image 1000"]


def prepare(
    images: Num[ArrayLike, "image row col channel"],
) -> Float[Array, "image 224 224 3"]:
    """Returns images as the network was trained to see them.

    Resized by a bicubic filter that widens where it shrinks (jgan reconstruction: the
    checkpoint's publisher does not say), clipped, and normalized as in Google's
    release: byte values less 127, over 128.

    Args:
        images: In [-1, 1], of any size. What is not square is stretched: crop it first.

    Raises:
        ValueError: If they are not RGB in floating point.
    """
    images = jnp.asarray(images)
    if images.shape[-1] != 3 or not jnp.issubdtype(images.dtype, jnp.floating):
        raise ValueError(
            f"The images are {images.dtype} with {images.shape[-1]} channels; give RGB "
            "as floats in [-1, 1], of bytes: image / 127.5 - 1."
        )
    shape = (len(images), SIDE, SIDE, 3)
    resized = jax.image.resize(
        images.astype(jnp.float32), shape, "cubic", antialias=True
    )
    # The filter overshoots at edges; no photograph has such values.
    byte_values = (jnp.clip(resized, -1, 1) + 1) * 127.5
    return (byte_values - 127) / 128


class EfficientNetLite0(nn.Module):
    """Maps prepared images to features and class logits."""

    @nn.compact
    def __call__(self, images: Float[Array, "image 224 224 3"]) -> Outputs:
        """Returns features and logits.

        Args:
            images: From `prepare`.
        """
        x = StridedConv(_STEM, stride=2, name="stem")(images)
        x = _relu6(BatchNorm(_EPS, name="stem_norm")(x))
        index = 0
        for stage in STAGES:
            for i in range(stage.num_blocks):
                stride = stage.stride if i == 0 else 1
                x = Block(stage._replace(stride=stride), name=f"block{index}")(x)
                index += 1
        x = Conv(_HEAD, side=1, use_bias=False, name="head")(x)
        x = _relu6(BatchNorm(_EPS, name="head_norm")(x))
        features = x.mean(axis=(1, 2))
        return Outputs(features, nn.Dense(NUM_CLASSES, name="classes")(features))


class Block(nn.Module):
    """Widens, convolves each unit by itself, and narrows (Sandler et al., 2018).

    Attributes:
        stage: What it is a block of, with its own stride.
    """

    stage: Stage

    @nn.compact
    def __call__(
        self, x: Float[Array, "image row col unit_in"]
    ) -> Float[Array, "image row_out col_out unit_out"]:
        """Returns the narrow activation, with `x` added where it has the same shape."""
        stage, y = self.stage, x
        if stage.expand > 1:
            units = stage.expand * x.shape[-1]
            y = Conv(units, side=1, use_bias=False, name="expand")(y)
            y = _relu6(BatchNorm(_EPS, name="expand_norm")(y))
        y = DepthwiseConv(stage.side, stage.stride, name="depthwise")(y)
        y = _relu6(BatchNorm(_EPS, name="depthwise_norm")(y))
        y = Conv(stage.units, side=1, use_bias=False, name="project")(y)
        y = BatchNorm(_EPS, name="project_norm")(y)
        return x + y if x.shape == y.shape else y


class StridedConv(nn.Module):
    """A 3 x 3 convolution that skips pixels."""

    units: int
    stride: int

    @nn.compact
    def __call__(
        self, x: Float[Array, "image row col unit_in"]
    ) -> Float[Array, "image row_out col_out unit_out"]:
        """Returns a map of one pixel for `stride` of them in both directions."""
        shape = (3, 3, x.shape[-1], self.units)
        kernel = self.param("kernel", nn.initializers.he_normal(), shape)
        return jax.lax.conv_general_dilated(
            x,
            kernel,
            (self.stride, self.stride),
            _PADDING,
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )


class DepthwiseConv(nn.Module):
    """A convolution of each unit by itself."""

    side: int
    stride: int

    @nn.compact
    def __call__(
        self, x: Float[Array, "image row col unit"]
    ) -> Float[Array, "image row_out col_out unit"]:
        """Returns a map of one pixel for `stride` of them in both directions."""
        shape = (self.side, self.side, 1, x.shape[-1])
        kernel = self.param("kernel", nn.initializers.he_normal(), shape)
        size, stride = x.shape[1:3], self.stride
        margins = jax.lax.padtype_to_pads(size, shape[:2], (stride, stride), _PADDING)
        x = jnp.pad(x, ((0, 0), *margins, (0, 0)))
        rows, cols = (1 + (n - 1) // stride * stride for n in size)
        # A sum over the places of the kernel: XLA's convolution in groups takes 4 to 50
        # times as long on CPU, and the whole network with it 4 times as long.
        parts = [
            x[:, row : row + rows : stride, col : col + cols : stride]
            * kernel[row, col][None, None]
            for row in range(self.side)
            for col in range(self.side)
        ]
        return functools.reduce(operator.add, parts)


def _relu6(x: Float[Array, "*place unit"]) -> Float[Array, "*place unit"]:
    return jnp.clip(x, 0, 6)
