"""Modulated convolution of StyleGAN2 (Karras et al., 2020, section 2.2).

A style scales the units that come in, and demodulation brings every unit that goes out
back to deviation one, if those that came in had it. Published code builds a kernel for
each image. Here the map is scaled before a convolution that all images share, and after
it: the same numbers but for rounding. Where the kernel is one pixel, as of the layers
that make colors, scaling the kernel is the lesser work. On a TPU it also is where
`jgan.kernels` has a convolution of each image.
"""

import functools
import operator
from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan.kernels.each_image_conv import each_image_conv, is_fused_on_tpu
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
    implementation: Implementation | None = None,
) -> Float[Array, "image row_out col_out unit_out"]:
    """Returns the convolution with the kernel that each image's style makes.

    Args:
        x: Activation.
        kernel: Weights, of odd side; of side 3 to upsample.
        style: Factor of each image and unit that comes in.
        demodulate: Divide by the norm of the weights of each image and unit out.
        upsample: Double the rows and columns, as `ops.fir_upsample_conv`.
        implementation: ``"reference"`` builds a kernel for each image, ``"scaled"``
            scales the map, or a kernel of one pixel. None takes what is known to be
            fastest: on a TPU a kernel for each image too, where there is a fast
            convolution of such.

    Raises:
        ValueError: If the kernel does not fit or the implementation is unknown.
    """
    check_implementation(implementation, Implementation)
    if implementation == "reference":
        return _kernel_for_each_image(x, kernel, style, demodulate, upsample)
    if kernel.shape[:2] == (1, 1) and not upsample:
        own = _of_each_image(kernel, style, demodulate).astype(x.dtype)
        # On CPU a sixteenth of the time that XLA's convolution to three colors takes.
        return jnp.einsum("nrci,nio->nrco", x, own[:, 0, 0])
    scaled = functools.partial(_scaled, demodulate=demodulate, upsample=upsample)
    own = jax.ShapeDtypeStruct((len(x), *kernel.shape), x.dtype)
    fits = kernel.shape[:2] == (3, 3) and is_fused_on_tpu(x, own)
    if upsample or not fits or implementation == "scaled":
        return scaled(x, kernel, style)
    return jax.lax.platform_dependent(
        x,
        kernel,
        style,
        tpu=functools.partial(_with_own_kernels, demodulate=demodulate),
        default=scaled,
    )


def _scaled(
    x: Array, kernel: Array, style: Array, *, demodulate: bool, upsample: bool
) -> Array:
    convolution = fir_upsample_conv if upsample else conv
    y = convolution(x * style[:, None, None, :].astype(x.dtype), kernel.astype(x.dtype))
    if not demodulate:
        return y
    return y * _demodulation(kernel, style)[:, None, None, :].astype(x.dtype)


def _with_own_kernels(
    x: Array, kernel: Array, style: Array, *, demodulate: bool
) -> Array:
    own = _of_each_image(kernel, style, demodulate).astype(x.dtype)
    return each_image_conv(x, own)


def _of_each_image(
    kernel: Float[Array, "side side unit_in unit_out"],
    style: Float[Array, "image unit_in"],
    demodulate: bool,
) -> Float[Array, "image side side unit_in unit_out"]:
    own = style[:, None, None, :, None] * kernel[None]
    if not demodulate:
        return own
    return own * _demodulation(kernel, style)[:, None, None, None, :]


def _demodulation(
    kernel: Float[Array, "side side unit_in unit_out"],
    style: Float[Array, "image unit_in"],
) -> Float[Array, "image unit_out"]:
    # One by one, as the reduction takes XLA on CPU thirty times as long.
    places = jnp.square(kernel).reshape(-1, *kernel.shape[2:])
    power = functools.reduce(operator.add, places)
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
