"""Generator of StyleGAN2 (Karras et al., 2020), with all heads and StyleGAN2-ADA.

A mapping network makes `w`, which scales the units of every convolution; from a learned
constant of 4 x 4 pixels on, each block doubles the resolution. Parameters are as files
hold them: kernels of deviation one, which are scaled when they are used.
"""

import dataclasses
import math

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan import ops
from jgan.models.style_latents import StyleLatents, check_style_latents
from jgan.models.style_mapping import EqualDense, Mapping, w_of_layers
from jgan.models.style_noise import noise_of_layer
from jgan.taps import Edits, Tapper
from jgan.typing import Activation, Images

ARCHITECTURES = ("skip", "resnet", "orig")
# To 1024 pixels. What declares more blocks is no StyleGAN2.
_MOST_BLOCKS = 9
# Published ones have 2 or 8. Of what declares many more, the shapes alone take hours.
_MOST_MAPPING_LAYERS = 64
# Both branches of a residual block, so that their sum keeps its deviation.
_HALF_POWER = math.sqrt(0.5)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of a StyleGAN2 generator.

    Attributes:
        units: Units of each block, from 4 x 4 pixels up to the resolution of the image.
        latent_dim: Size of `z`.
        w_dim: Size of `w`.
        num_classes: Number of classes, 0 for none.
        embed_dim: Size of the class embedding; unused without classes.
        joint_norm: Normalize `z` and the class embedding as one vector.
        mapping_layers: Dense layers from `z` to `w`.
        mapping_units: Units of those between.
        mapping_lr_multiplier: Factor on their weights.
        architecture: ``"skip"`` adds up an image of every block, ``"resnet"`` has a
            shortcut in each, ``"orig"`` neither.
        has_noise: Whether layers add noise.
        clamp: Bound on activations, as StyleGAN2-ADA trains with; None for none.
        num_bfloat16: How many of the highest resolutions are computed in bfloat16. Taps
            and images are float32 still.
    """

    units: tuple[int, ...] = (512, 512, 512, 512, 512, 256, 128)
    latent_dim: int = 512
    w_dim: int = 512
    num_classes: int = 0
    embed_dim: int = 512
    joint_norm: bool = False
    mapping_layers: int = 8
    mapping_units: int = 512
    mapping_lr_multiplier: float = 0.01
    architecture: str = "skip"
    has_noise: bool = True
    clamp: float | None = None
    num_bfloat16: int = 0

    def __post_init__(self) -> None:
        if not 2 <= len(self.units) <= _MOST_BLOCKS:
            raise ValueError(
                f"{len(self.units)} blocks of units; a StyleGAN2 has 2 to "
                f"{_MOST_BLOCKS}."
            )
        sizes = (*self.units, self.latent_dim, self.w_dim, self.embed_dim)
        sizes = (*sizes, self.mapping_layers, self.mapping_units, self.num_classes + 1)
        # Labels are int32.
        if not all(1 <= size < 2**31 for size in sizes):
            raise ValueError(f"A size is not positive and below 2**31: {self}.")
        if self.mapping_layers > _MOST_MAPPING_LAYERS:
            raise ValueError(
                f"mapping_layers is {self.mapping_layers}; a StyleGAN2 has at most "
                f"{_MOST_MAPPING_LAYERS}."
            )
        if self.architecture not in ARCHITECTURES:
            raise ValueError(
                f"architecture is {self.architecture!r}; StyleGAN2 has {ARCHITECTURES}."
            )
        if not 0 < self.mapping_lr_multiplier < math.inf:
            raise ValueError(
                f"mapping_lr_multiplier is {self.mapping_lr_multiplier}; it is a "
                "positive number."
            )
        if self.clamp is not None and not 0 < self.clamp < math.inf:
            raise ValueError(f"clamp is {self.clamp}; give a positive number or None.")
        if not 0 <= self.num_bfloat16 < len(self.units):
            raise ValueError(
                f"num_bfloat16 is {self.num_bfloat16}; give 0 to "
                f"{len(self.units) - 1}, the 4 x 4 pixels stay in float32."
            )

    @property
    def resolution(self) -> int:
        """Side of the image in pixels."""
        return 4 * 2 ** (len(self.units) - 1)

    @property
    def num_w(self) -> int:
        """Rows of `w_plus`: one for each convolution, and one for the last to RGB."""
        return 2 * len(self.units)


class Generator(nn.Module):
    """Maps latents to images, nominally in [-1, 1].

    Attributes:
        config: Sizes.
    """

    config: Config

    @nn.compact
    def __call__(
        self, latents: StyleLatents, edits: Edits | None = None
    ) -> tuple[Images, dict[str, Activation]]:
        """Returns the images, and the activation of every layer after edits.

        Images are a sum of linear layers, as in all published code, and not clipped.

        Layers: ``b{side}.conv0`` (of every block but the first) and ``b{side}.conv1``,
        after noise, bias and leaky ReLU; ``b{side}`` after the shortcut of a resnet.
        Taps beside them: ``w`` (image, unit), before truncation; ``w_plus`` (image,
        row, unit), of each layer after it: rows ``2 i - 1`` and ``2 i`` are of the
        convolutions of block ``i``, row ``2 i + 1`` of its image; and with the skip
        architecture ``b{side}.rgb``, the image so far. Whoever replaces a layer to save
        the work before it replaces `w_plus` and the image of the block before as well.
        """
        config = self.config
        check_style_latents(
            latents, latent_dim=config.latent_dim, num_classes=config.num_classes
        )
        tap = Tapper(edits)
        w = tap("w", make_mapping(config)(latents.z, latents.class_label))
        w_avg = self.variable("constants", "w_avg", jnp.zeros, (config.w_dim,)).value
        w_plus = w_of_layers(w, w_avg, latents, num_layers=config.num_w)
        w_plus = tap("w_plus", w_plus)
        init = nn.initializers.normal(1.0)
        const = self.param("const", init, (4, 4, config.units[0]))
        x = jnp.broadcast_to(const[None], (len(w), *const.shape))
        image = None
        for i, units in enumerate(config.units):
            block = Block(config, i, units, name=f"b{4 * 2**i}")
            x, image = block(x, image, w_plus, latents, tap)
        if image is None:
            raise RuntimeError("The last block makes an image in every architecture.")
        return image, tap.finish()


def make_mapping(config: Config) -> Mapping:
    """Returns the mapping network of a generator."""
    return Mapping(
        num_layers=config.mapping_layers,
        units=config.mapping_units,
        w_dim=config.w_dim,
        embed_dim=config.embed_dim,
        num_classes=config.num_classes,
        joint_norm=config.joint_norm,
        lr_multiplier=config.mapping_lr_multiplier,
        name="mapping",
    )


class Block(nn.Module):
    """The layers of one resolution."""

    config: Config
    index: int
    units: int

    @nn.compact
    def __call__(
        self,
        x: Float[Array, "image row col unit_in"],
        image: Images | None,
        w_plus: Float[Array, "image layer w_unit"],
        latents: StyleLatents,
        tap: Tapper,
    ) -> tuple[
        Float[Array, "image row_out col_out unit_out"],
        Float[Array, "image row_out col_out 3"] | None,
    ]:
        """Returns the activation, and the image so far where the block makes one."""
        config, i = self.config, self.index
        last = i == len(config.units) - 1
        resnet = config.architecture == "resnet" and i > 0
        low = i >= len(config.units) - config.num_bfloat16
        dtype = jnp.bfloat16 if low else jnp.float32
        x = x.astype(dtype)

        def layer(name: str, x: Array, w: Array, gain: float = 1.0) -> Array:
            style = Layer(config, self.units, upsample=name == "conv0", name=name)
            y = style(x, w, latents, gain)
            return tap(f"{self.name}.{name}", y.astype(jnp.float32)).astype(dtype)

        shortcut = Shortcut(self.units, name="shortcut")(x) if resnet else None
        if i > 0:
            x = layer("conv0", x, w_plus[:, 2 * i - 1])
        x = layer("conv1", x, w_plus[:, 2 * i], _HALF_POWER if resnet else 1.0)
        if shortcut is not None:
            y = (shortcut + x).astype(jnp.float32)
            x = tap(f"{self.name}", y).astype(dtype)
        if config.architecture != "skip" and not last:
            return x, None
        own = ToRGB(config, name="to_rgb")(x, w_plus[:, 2 * i + 1])
        image = own if image is None else ops.fir_upsample(image) + own
        if config.architecture == "skip" and not last:
            image = tap(f"{self.name}.rgb", image)
        return x, image


class Layer(nn.Module):
    """Modulated 3 x 3 convolution, noise, bias and leaky ReLU."""

    config: Config
    units: int
    upsample: bool

    @nn.compact
    def __call__(
        self,
        x: Float[Array, "image row col unit_in"],
        w: Float[Array, "image w_unit"],
        latents: StyleLatents,
        gain: float,
    ) -> Float[Array, "image row_out col_out unit_out"]:
        """Returns the activation, times `gain`."""
        style = EqualDense(x.shape[-1], bias=1.0, name="style")(w)
        shape = (3, 3, x.shape[-1], self.units)
        kernel = self.param("kernel", nn.initializers.normal(1.0), shape)
        y = ops.modulated_conv(x, kernel, style, upsample=self.upsample)
        if self.config.has_noise:
            y = y + self._noise(y.shape[1], latents).astype(y.dtype)
        bias = self.param("bias", nn.initializers.zeros, (self.units,))
        clamp = self.config.clamp
        return ops.bias_leaky_relu(
            y, bias, gain=ops.GAIN * gain, clamp=clamp and clamp * gain
        )

    def _noise(
        self, side: int, latents: StyleLatents
    ) -> Float[Array, "#image row col 1"]:
        strength = self.param("noise_strength", nn.initializers.zeros, ())
        stored = self.variable("constants", "noise", jnp.zeros, (side, side)).value
        noise = noise_of_layer(stored, latents, number=2 * side + self.upsample)
        return (noise * strength)[..., None]


class ToRGB(nn.Module):
    """Modulated 1 x 1 convolution to an image, without demodulation."""

    config: Config

    @nn.compact
    def __call__(
        self, x: Float[Array, "image row col unit"], w: Float[Array, "image w_unit"]
    ) -> Images:
        """Returns the image, in float32."""
        style = EqualDense(x.shape[-1], bias=1.0, name="style")(w)
        shape = (1, 1, x.shape[-1], 3)
        kernel = self.param("kernel", nn.initializers.normal(1.0), shape)
        style = style * x.shape[-1] ** -0.5
        y = ops.modulated_conv(x, kernel, style, demodulate=False)
        bias = self.param("bias", nn.initializers.zeros, (3,))
        y = y.astype(jnp.float32) + bias[None, None, None, :]
        clamp = self.config.clamp
        return y if clamp is None else jnp.clip(y, -clamp, clamp)


class Shortcut(nn.Module):
    """1 x 1 convolution of the upsampled map, at half the power."""

    units: int

    @nn.compact
    def __call__(
        self, x: Float[Array, "image row col unit_in"]
    ) -> Float[Array, "image row_out col_out unit_out"]:
        """Returns the shortcut of a block."""
        shape = (1, 1, x.shape[-1], self.units)
        kernel = self.param("kernel", nn.initializers.normal(1.0), shape)
        kernel = kernel * (_HALF_POWER * x.shape[-1] ** -0.5)
        return ops.fir_upsample(ops.conv(x, kernel.astype(x.dtype)))
