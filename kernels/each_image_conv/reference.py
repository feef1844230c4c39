"""What `each_image_conv` means, in plain JAX."""

import jax
from jaxtyping import Array, Float


def each_image_conv(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "image 3 3 unit_in unit_out"],
) -> Float[Array, "image row col unit_out"]:
    """Returns the convolutions, image by image."""

    def one(x: Array, kernel: Array) -> Array:
        return jax.lax.conv_general_dilated(
            x[None],
            kernel,
            (1, 1),
            ((1, 1), (1, 1)),
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )[0]

    with jax.named_scope("each_image_conv.reference"):
        return jax.vmap(one)(x, kernel)
