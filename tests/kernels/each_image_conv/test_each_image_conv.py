"""The kernel of `each_image_conv` against its definition, and who takes it."""

import functools

import jax
import jax.export
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import ops
from jgan.kernels.each_image_conv import (
    api,
    each_image_conv,
    fused,
    is_fused_on_tpu,
)
from tests.helpers import normal

# Rows, columns, units in and out: one block of rows, three, a single row; more units
# out than in, and fewer.
SHAPES = [
    (8, 128, 16, 16),
    (48, 128, 16, 32),
    (1, 128, 32, 16),
    (2, 256, 16, 16),
]


def _inputs(sizes, dtype=jnp.float32, images=2):
    rows, cols, units_in, units_out = sizes
    keys = jax.random.split(jax.random.key(0), 2)
    x = normal(keys[0], (images, rows, cols, units_in), dtype)
    return x, normal(keys[1], (images, 3, 3, units_in, units_out), dtype)


@pytest.mark.parametrize("sizes", SHAPES, ids=str)
def test_the_kernel_equals_the_definition(sizes):
    x, kernel = _inputs(sizes)
    want = np.asarray(each_image_conv(x, kernel, implementation="reference"))
    got = fused.each_image_conv(x, kernel, interpret=True)
    # Sums of up to 288 products in another order.
    atol = 4e-6 * np.abs(want).max()
    np.testing.assert_allclose(got, want, rtol=0, atol=atol)


def test_it_sums_bfloat16_in_float32():
    x, kernel = _inputs(SHAPES[0], jnp.bfloat16)
    got = fused.each_image_conv(x, kernel, interpret=True)
    assert got.dtype == jnp.bfloat16
    with jax.enable_x64(True):
        exact = each_image_conv(
            x.astype(jnp.float64),
            kernel.astype(jnp.float64),
            implementation="reference",
        )
    # Half of the last of eight bits.
    np.testing.assert_allclose(
        got.astype(jnp.float32), np.asarray(exact), rtol=2**-8, atol=1e-3
    )


def test_many_sets_of_images_are_one_after_the_other():
    sets = [_inputs(SHAPES[1]), _inputs(SHAPES[1], images=2)]
    x, kernel = (jnp.stack([a, 2 * b]) for a, b in zip(*sets, strict=True))
    run = functools.partial(fused.each_image_conv, interpret=True)
    got = jax.vmap(run)(x, kernel)
    for i in range(2):
        np.testing.assert_array_equal(got[i], run(x[i], kernel[i]))


def test_its_derivatives_are_those_of_the_definition(monkeypatch):
    plain = fused.each_image_conv
    monkeypatch.setattr(
        fused, "each_image_conv", functools.partial(plain, interpret=True)
    )
    x, kernel = _inputs(SHAPES[0])

    def value_and_gradients(implementation):
        run = functools.partial(each_image_conv, implementation=implementation)
        value, pull = jax.vjp(run, x, kernel)
        return value, *pull(normal(jax.random.key(3), value.shape))

    for got, want in zip(
        value_and_gradients("fused"), value_and_gradients("reference"), strict=True
    ):
        atol = 4e-6 * float(jnp.abs(want).max())
        np.testing.assert_allclose(got, want, rtol=0, atol=atol)
    # Of one argument alone.
    got = jax.grad(lambda x: each_image_conv(x, kernel, implementation="fused").sum())
    want = jax.grad(
        lambda x: each_image_conv(x, kernel, implementation="reference").sum()
    )
    np.testing.assert_allclose(got(x), want(x), rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("sizes", "fits"),
    [
        ((1024, 1024, 32, 32), True),
        ((512, 512, 64, 64), True),
        ((256, 256, 128, 128), True),
        ((128, 128, 256, 256), True),
        # No whole lanes, or units; weights or a row that memory does not hold.
        ((64, 64, 512, 512), False),
        ((128, 130, 32, 32), False),
        ((128, 128, 24, 32), False),
        ((128, 128, 32, 24), False),
        ((128, 128, 512, 512), False),
        ((128, 2**16, 16, 16), False),
    ],
)
def test_it_takes_what_the_chip_holds(sizes, fits):
    rows, cols, units_in, units_out = sizes
    x = jax.ShapeDtypeStruct((1, rows, cols, units_in), jnp.float32)
    kernel = jax.ShapeDtypeStruct((1, 3, 3, units_in, units_out), jnp.float32)
    assert is_fused_on_tpu(x, kernel) == fits
    assert api.fused.fits(x, kernel) == fits


def _calls_kernel(platform, run, *shapes):
    arguments = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    exported = jax.export.export(jax.jit(run), platforms=(platform,))(*arguments)
    return "tpu_custom_call" in exported.mlir_module()


def test_styles_make_kernels_on_a_tpu_alone():
    small = ((2, 128, 128, 16), (3, 3, 16, 16), (2, 16))
    for platform in ("tpu", "cpu", "cuda"):
        assert _calls_kernel(platform, ops.modulated_conv, *small) == (
            platform == "tpu"
        )
    # Where it does not fit, where the map is to grow, and where it was not asked for.
    odd = ((2, 96, 96, 16), (3, 3, 16, 16), (2, 16))
    assert not _calls_kernel("tpu", ops.modulated_conv, *odd)
    for choice in ({"upsample": True}, {"implementation": "scaled"}):
        run = functools.partial(ops.modulated_conv, **choice)
        assert not _calls_kernel("tpu", run, *small)
