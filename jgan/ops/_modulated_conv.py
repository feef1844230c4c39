"""Modulated convolution of StyleGAN2 (Karras et al., 2020, section 2.2).

A style scales the units that come in, and demodulation brings every unit that goes out
back to deviation one, if those that came in had it. Published code builds a kernel for
each image. Here the map is scaled before a convolution that all images share, and after
it: the same numbers but for rounding. Where the kernel is one pixel, as of the layers
that make colors, scaling the kernel is the lesser work.
"""

import functools
import operator
from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan.ops._conv import check_implementation, conv
from jgan.ops._fir_upsample_conv import fir_upsample_conv

Implementation = Literal["reference", "scaled"]

_EPS = 1e-8  # As in all published code.


def modulated_conv(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "side side unit_in unit_out"],
    style: Float[Array, "image unit_in"],
    *,
    demodulate: bool = True,
    upsample: bool = False,
    implementation: Implementation = "scaled",
) -> Float[Array, "image row_out col_out unit_out"]:
    """Returns the convolution with the kernel that each image's style makes.

    Args:
        x: Activation.
        kernel: Weights, of odd side; of side 3 to upsample.
        style: Factor of each image and unit that comes in.
        demodulate: Divide by the norm of the weights of each image and unit out.
        upsample: Double the rows and columns, as `ops.fir_upsample_conv`.
        implementation: ``"reference"`` builds a kernel for each image, ``"scaled"``
            scales the map, or a kernel of one pixel.

    Raises:
        ValueError: If the kernel does not fit or the implementation is unknown.
    """
    check_implementation(implementation, Implementation)
    if implementation == "reference":
        return _kernel_for_each_image(x, kernel, style, demodulate, upsample)
    if kernel.shape[:2] == (1, 1) and not upsample:
        own = _of_each_image(kernel[0, 0], style, demodulate).astype(x.dtype)
        # On CPU a sixteenth of the time that XLA's convolution to three colors takes.
        return jnp.einsum("nrci,nio->nrco", x, own)
    convolution = fir_upsample_conv if upsample else conv
    y = convolution(x * style[:, None, None, :].astype(x.dtype), kernel.astype(x.dtype))
    if not demodulate:
        return y
    # One by one, as the reduction takes XLA on CPU thirty times as long.
    places = jnp.square(kernel).reshape(-1, *kernel.shape[2:])
    factor = _demodulation(functools.reduce(operator.add, places), style)
    return y * factor[:, None, None, :].astype(x.dtype)


def _of_each_image(
    kernel: Float[Array, "unit_in unit_out"],
    style: Float[Array, "image unit_in"],
    demodulate: bool,
) -> Float[Array, "image unit_in unit_out"]:
    own = style[:, :, None] * kernel[None]
    if not demodulate:
        return own
    return own * _demodulation(jnp.square(kernel), style)[:, None, :]


def _demodulation(
    power: Float[Array, "unit_in unit_out"], style: Float[Array, "image unit_in"]
) -> Float[Array, "image unit_out"]:
    return jax.lax.rsqrt(jnp.square(style) @ power + _EPS)


def _kernel_for_each_image(
    x: Array, kernel: Array, style: Array, demodulate: bool, upsample: bool
) -> Array:
    def one(x: Array, style: Array) -> Array:
        own = kernel * style[None, None, :, None]
        if demodulate:
            power = jnp.sum(jnp.square(own), axis=(0, 1, 2))
            own = own * jax.lax.rsqrt(power + _EPS)[None, None, None, :]
        own = own.astype(x.dtype)
        if upsample:
            return fir_upsample_conv(x[None], own, implementation="reference")[0]
        return conv(x[None], own, implementation="reference")[0]

    return jax.vmap(one)(x, style)
