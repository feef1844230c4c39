"""`each_image_conv` for a TPU: pixels of a row side by side, units below each other.

A TPU works on 8 x 128 numbers at a time. With units last, 32 of them leave three of
four lanes empty, in every pass over a map. Here a row of pixels fills the lanes. Three
rows below each other are multiplied at once by the whole kernel, and what falls on the
pixel to the left and to the right is moved there by a rotation. A map is read once, but
for two rows of eighteen, and written once.
"""

import functools

import jax
import jax.numpy as jnp
from jax.experimental import pallas as pl
from jax.experimental.pallas import tpu as pltpu
from jaxtyping import Array, Float

# Lanes of a register, and the rows of bfloat16 in one. What is no multiple would be
# padded in every register.
_LANES, _UNITS = 128, 16
# Numbers in a block of rows, and in all that is held at a time: 2 and 14 MB of float32.
# A kernel gets 16 MB on a TPU v5e.
_BLOCK, _ALL = 2**19, 7 * 2**19
# More rows at a time gain nothing: two of eighteen are read twice.
_ROWS = 16


def fits(x: Array | jax.ShapeDtypeStruct, kernel: Array | jax.ShapeDtypeStruct) -> bool:
    """Returns whether the kernel takes arguments of these shapes."""
    _, _, cols, units_in = x.shape
    units_out = kernel.shape[-1]
    whole = not (cols % _LANES or units_in % _UNITS or units_out % _UNITS)
    rows = rows_at_a_time(x.shape, units_out)
    blocks = rows * cols * (units_in + units_out) + 2 * cols * units_in
    blocks += 9 * units_in * units_out
    # What a row is multiplied from, to, and what is rotated.
    between = cols * (3 * units_in + 4 * units_out)
    # There are two of each block: one is worked on while the next is fetched.
    return whole and rows > 0 and 2 * blocks + between <= _ALL


def rows_at_a_time(shape: tuple[int, ...], units_out: int) -> int:
    """Returns how many rows of an image are held, 0 if not even one can be."""
    _, rows, cols, units_in = shape
    most = min(_ROWS, _BLOCK // (cols * max(units_in, units_out)))
    return next((n for n in range(most, 0, -1) if rows % n == 0), 0)


def each_image_conv(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "image 3 3 unit_in unit_out"],
    *,
    interpret: bool = False,
) -> Float[Array, "image row col unit_out"]:
    """Returns the convolutions, by a few rows of an image at a time.

    Args:
        x: As in `api`.
        kernel: As in `api`.
        interpret: Runs the kernel on any backend, slowly, for tests.
    """
    images, rows, cols, units_in = x.shape
    units_out = kernel.shape[-1]
    block = rows_at_a_time(x.shape, units_out)
    # Out: what falls on the pixel to the right, on this one, and to the left. In: the
    # row above, this one, and the one below.
    weights = kernel.transpose(0, 2, 4, 1, 3)
    weights = weights.reshape(images, 3 * units_out, 3 * units_in)
    one_row = functools.partial(pl.BlockSpec, (1, 1, units_in, cols))
    with jax.named_scope("each_image_conv.fused"):
        y = pl.pallas_call(
            _kernel,
            grid=(images, rows // block),
            in_specs=[
                pl.BlockSpec((1, *weights.shape[1:]), lambda i, r: (i, 0, 0)),
                one_row(lambda i, r: (i, jnp.maximum(r * block - 1, 0), 0, 0)),
                pl.BlockSpec((1, block, units_in, cols), lambda i, r: (i, r, 0, 0)),
                one_row(lambda i, r: (i, jnp.minimum((r + 1) * block, rows - 1), 0, 0)),
            ],
            out_specs=pl.BlockSpec(
                (1, block, units_out, cols), lambda i, r: (i, r, 0, 0)
            ),
            out_shape=jax.ShapeDtypeStruct((images, rows, units_out, cols), x.dtype),
            cost_estimate=_cost(x, units_out),
            name="each_image_conv",
            interpret=interpret,
        )(weights, *[x.transpose(0, 1, 3, 2)] * 3)
    return y.transpose(0, 1, 3, 2)


def _cost(x: Array, units_out: int) -> pl.CostEstimate:
    pixels, units_in = x.size // x.shape[-1], x.shape[-1]
    return pl.CostEstimate(
        flops=2 * 9 * pixels * units_in * units_out,
        transcendentals=0,
        bytes_accessed=pixels * (units_in + units_out) * x.dtype.itemsize,
    )


def _kernel(weights, above, x, below, y) -> None:
    block, cols = x.shape[1], x.shape[3]
    units_out = y.shape[2]
    first, last = pl.program_id(1) == 0, pl.program_id(1) == pl.num_programs(1) - 1
    col = jax.lax.broadcasted_iota(jnp.int32, (units_out, cols), 1)

    for row in range(block):
        upper = x[0, row - 1] if row else jnp.where(first, 0, above[0, 0])
        lower = x[0, row + 1] if row < block - 1 else jnp.where(last, 0, below[0, 0])
        three = jnp.concatenate([upper, x[0, row], lower])
        product = jnp.dot(weights[0], three, preferred_element_type=jnp.float32)
        from_left, here, from_right = (
            product[i * units_out : (i + 1) * units_out] for i in range(3)
        )
        from_left = jnp.where(col == 0, 0, pltpu.roll(from_left, 1, 1))
        from_right = jnp.where(col == cols - 1, 0, pltpu.roll(from_right, cols - 1, 1))
        y[0, row] = (from_left + here + from_right).astype(y.dtype)
