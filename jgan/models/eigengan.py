"""Generator of EigenGAN (He, Kan & Shan, 2021).

Noise makes a 4 x 4 map, and every block doubles its sides. Into each block goes a point
of a subspace that belongs to the block alone; its few orthogonal dimensions are what an
image is changed by. The published code is followed where the paper leaves a choice.
"""

import dataclasses
from itertools import accumulate, pairwise

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan import ops
from jgan.models.eigen_latents import EigenLatents, check_eigen_latents
from jgan.models.subspace import Subspace
from jgan.taps import Edits, Tapper
from jgan.typing import Activation, Images

# To 1024 pixels. What declares more is no EigenGAN.
_MOST_LAYERS = 8
SLOPE = 0.2  # Of leaky ReLUs, TensorFlow's default.
# He's variance for that slope (He et al., 2015, equation 15).
_SCALE = 2 / (1 + SLOPE**2)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of an EigenGAN generator.

    Attributes:
        units: Units at 4 x 4 pixels, 8 x 8, … up to the image's own size. There is one
            layer fewer: the published ones have 512, 512, 256, 128, 64, 32 and 16 for
            256 pixels.
        dims: Dimensions of each layer's subspace, those of the smallest map first. A
            layer may have none; with none at all, everything is left to `eps`.
        noise_dim: Size of `eps`.
        padding: Where 3 x 3 kernels of stride 2 lie: ``"tensorflow"`` as in the
            official code, ``"pytorch"`` as in the PyTorch port.
        exact: Orthonormalize every basis in each call, as the official code does where
            the orthogonality loss has weight 0.
    """

    units: tuple[int, ...] = (512, 512, 256, 128, 64, 32, 16)
    dims: tuple[int, ...] = (6, 6, 6, 6, 6, 6)
    noise_dim: int = 512
    padding: str = "tensorflow"
    exact: bool = False

    def __post_init__(self) -> None:
        if not 1 <= len(self.dims) <= _MOST_LAYERS:
            raise ValueError(
                f"dims has {len(self.dims)} layers; an EigenGAN has 1 to "
                f"{_MOST_LAYERS}."
            )
        if len(self.units) != len(self.dims) + 1:
            raise ValueError(
                f"units {self.units} are of {len(self.units)} sizes and dims "
                f"{self.dims} of {len(self.dims)} layers; there is one size more."
            )
        if not all(1 <= size < 2**31 for size in self.units) or min(self.dims) < 0:
            raise ValueError(
                f"units {self.units} must be positive and below 2**31, and dims "
                f"{self.dims} not negative."
            )
        if not 1 <= self.noise_dim < 2**31:
            raise ValueError(f"noise_dim is {self.noise_dim}; give at least 1.")
        if self.padding not in ("tensorflow", "pytorch"):
            raise ValueError(
                f"padding is {self.padding!r}; give 'tensorflow' or 'pytorch'."
            )
        for layer, dim in enumerate(self.dims, start=1):
            room = self.units[layer - 1] * self.side(layer) ** 2
            if dim > room:
                raise ValueError(
                    f"Layer {layer} has {dim} dimensions in a map of {room} numbers; "
                    "no more can be orthogonal."
                )

    @property
    def num_layers(self) -> int:
        """Number of layers, each with a subspace."""
        return len(self.dims)

    @property
    def resolution(self) -> int:
        """Side of the image in pixels."""
        return 4 * 2**self.num_layers

    @property
    def latent_dim(self) -> int:
        """Size of `z`: dimensions of all layers."""
        return sum(self.dims)

    @property
    def num_classes(self) -> int:
        """None."""
        return 0

    def side(self, layer: int) -> int:
        """Returns the rows and columns of a layer's subspace, counted from 1."""
        return 4 * 2 ** (layer - 1)

    def columns(self, layer: int) -> slice:
        """Returns the columns of `z` that are the dimensions of a layer.

        Args:
            layer: From 1, as in the paper.

        Raises:
            ValueError: If there is no such layer.
        """
        if not 1 <= layer <= self.num_layers:
            raise ValueError(
                f"There is no layer {layer}. They are 1 to {self.num_layers}."
            )
        ends = [0, *accumulate(self.dims)]
        return slice(ends[layer - 1], ends[layer])


class Generator(nn.Module):
    """Maps latents to images in [-1, 1]."""

    config: Config

    @nn.compact
    def __call__(
        self, latents: EigenLatents, edits: Edits | None = None
    ) -> tuple[Images, dict[str, Activation]]:
        """Returns the images, and the activation of every layer after edits.

        Layers, for each from 1: ``phi{i}``, the point of its subspace, and
        ``feature{i}``, the map that leaves it, of twice the side.
        """
        config = self.config
        check_eigen_latents(
            latents, latent_dim=config.latent_dim, noise_dim=config.noise_dim
        )
        tap = Tapper(edits)
        h = nn.Dense(
            16 * config.units[0],
            kernel_init=initializer(transposed=False),
            name="linear",
        )(latents.eps)
        h = h.reshape(-1, 4, 4, config.units[0])
        for layer, (units, units_out) in enumerate(pairwise(config.units), start=1):
            phi = Subspace(
                side=config.side(layer),
                units=units,
                dim=config.dims[layer - 1],
                exact=config.exact,
                name=f"subspace{layer}",
            )(latents.z[:, config.columns(layer)])
            phi = tap(f"phi{layer}", phi)
            same = Conv(units, side=1, transposed=True, name=f"same{layer}")(phi)
            h = _act(h + same)
            h = _act(self._doubled(h, phi, layer, units_out))
            h = Conv(units_out, transposed=True, name=f"conv{layer}")(h)
            h = tap(f"feature{layer}", h)
        rgb = Conv(3, side=7, name="to_rgb")(_act(h))
        return jnp.tanh(rgb), tap.finish()

    def _doubled(
        self,
        h: Float[Array, "image row col unit_in"],
        phi: Float[Array, "image row col unit_in"],
        layer: int,
        units: int,
    ) -> Float[Array, "image row_out col_out unit"]:
        """Returns the sum of two maps of twice the side, which one product makes."""
        double = lambda name, x: _Kernel(units, name=f"{name}{layer}")(x.shape[-1])
        kernel, bias = double("double", h)
        skip_kernel, skip_bias = double("skip", phi)
        both = ops.transposed_conv_3x3(
            jnp.concatenate([h, phi], axis=3),
            jnp.concatenate([kernel, skip_kernel], axis=2),
            padding=self.config.padding,
        )
        return both + (bias + skip_bias)[None, None, None]


def _act(x: Float[Array, "image row col unit"]) -> Float[Array, "image row col unit"]:
    return jax.nn.leaky_relu(x, SLOPE)


def initializer(*, transposed: bool) -> nn.initializers.Initializer:
    """Returns He's initializer, as the published code applies it.

    Args:
        transposed: TensorFlow stores kernels of transposed convolutions with units out
            before units in, so that the published code counts those for the fan-in.
    """
    inputs, outputs = (-1, -2) if transposed else (-2, -1)
    return nn.initializers.variance_scaling(
        _SCALE, "fan_in", "truncated_normal", in_axis=inputs, out_axis=outputs
    )


class Conv(nn.Module):
    """Convolution of stride 1 with a bias.

    Attributes:
        units: Units out.
        side: Side of the kernel in pixels.
        transposed: Whether the published code has a transposed one here. That is a
            convolution with the kernel turned around, and starts from other numbers.
    """

    units: int
    side: int = 3
    transposed: bool = False

    @nn.compact
    def __call__(
        self, x: Float[Array, "image row col unit_in"]
    ) -> Float[Array, "image row col unit"]:
        """Returns the convolution, of the same rows and columns."""
        shape = (self.side, self.side, x.shape[-1], self.units)
        init = initializer(transposed=self.transposed)
        bias = self.param("bias", nn.initializers.zeros, (self.units,))
        return ops.conv(x, self.param("kernel", init, shape)) + bias[None, None, None]


class _Kernel(nn.Module):
    """Kernel and bias of a transposed 3 x 3 convolution of stride 2.

    Attributes:
        units: Units out.
    """

    units: int

    @nn.compact
    def __call__(
        self, units_in: int
    ) -> tuple[Float[Array, "3 3 unit_in unit"], Float[Array, " unit"]]:
        """Returns both."""
        init = initializer(transposed=True)
        kernel = self.param("kernel", init, (3, 3, units_in, self.units))
        return kernel, self.param("bias", nn.initializers.zeros, (self.units,))
