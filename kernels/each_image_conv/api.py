"""Choice between the implementations of `each_image_conv`, and its derivative."""

from typing import Literal

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Float

from . import fused, reference

HasShape = Array | jax.ShapeDtypeStruct
Implementation = Literal["reference", "fused"]


def each_image_conv(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "image 3 3 unit_in unit_out"],
    *,
    implementation: Implementation | None = None,
) -> Float[Array, "image row col unit_out"]:
    """Returns each image's convolution, padded with zeros to keep rows and columns.

    Args:
        x: Activation.
        kernel: Weights of each image, in the dtype of `x`.
        implementation: ``"reference"`` is XLA's convolution of each image. ``"fused"``
            is a kernel for TPU, of sizes for which `is_fused_on_tpu`. None takes that
            on a TPU where it can, and else the reference.
    """
    if implementation is None:
        fast = _fused if is_fused_on_tpu(x, kernel) else reference.each_image_conv
        return jax.lax.platform_dependent(
            x, kernel, tpu=fast, default=reference.each_image_conv
        )
    if implementation == "fused":
        return _fused(x, kernel)
    return reference.each_image_conv(x, kernel)


def is_fused_on_tpu(x: HasShape, kernel: HasShape) -> bool:
    """Returns whether the kernel for TPU takes arguments of these shapes."""
    return fused.fits(x, kernel)


@jax.custom_jvp
def _fused(x: Array, kernel: Array) -> Array:
    return fused.each_image_conv(x, kernel)


def _jvp(primals, tangents):
    x, kernel = primals
    x_tangent, kernel_tangent = tangents
    y = _fused(x, kernel)
    y_tangent = jnp.zeros_like(y)
    if not isinstance(x_tangent, SymbolicZero):
        y_tangent = y_tangent + reference.each_image_conv(x_tangent, kernel)
    if not isinstance(kernel_tangent, SymbolicZero):
        y_tangent = y_tangent + reference.each_image_conv(x, kernel_tangent)
    return y, y_tangent


_fused.defjvp(_jvp, symbolic_zeros=True)
