"""The implementations of `overlap_counts`, and an exact count in integers."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import ops
from jgan.kernels.overlap_counts import active_cells, fused
from tests.helpers import normal

# Map, labels: factors 8, 32/12, none, a row, one pixel, smaller labels, no multiple.
SHAPES = [
    ((4, 4), (32, 32)),
    ((12, 12), (32, 32)),
    ((8, 8), (8, 8)),
    ((1, 3), (16, 20)),
    ((1, 1), (4, 4)),
    ((16, 16), (8, 8)),
    ((5, 7), (12, 9)),
]
IMPLEMENTATIONS = ["dense", "active_cells", "fused"]
CONCEPTS = 6
# Rows of the maps, units, rows of the labels: those that are benchmarked.
WORKLOADS = [(16, 64, 64), (16, 512, 256), (32, 512, 256)]


def _inputs(sizes, *, seed=0, units=5, images=3):
    (rows, cols), (label_rows, label_cols) = sizes
    keys = jax.random.split(jax.random.key(seed), 2)
    x = normal(keys[0], (images, rows, cols, units))
    # Multiples of 2^-8 and a threshold between two of 2^-20: no rounding decides.
    x = jax.nn.leaky_relu(jnp.round(x * 2**8) / 2**8, 2.0**-2)
    thresholds = jnp.linspace(-0.3, 1.2, units).round(1) + 2.0**-20
    shape = (images, label_rows, label_cols, 2)
    labels = jax.random.randint(keys[1], shape, -1, CONCEPTS + 1)
    # Labels of a pixel differ, or are none's.
    first, second = labels[..., 0], labels[..., 1]
    labels = jnp.stack([first, jnp.where(first == second, -1, second)], axis=-1)
    return x, thresholds, labels


def _count(implementation, *args):
    if implementation == "fused":
        run = functools.partial(fused.overlap_counts, interpret=True)
    else:
        run = functools.partial(ops.overlap_counts, implementation=implementation)
    return jax.jit(functools.partial(run, num_concepts=CONCEPTS))(*args)


def _axis(size, label_size):
    """Weights of one axis, float64: half-pixel centers, the border repeated."""
    centers = (np.arange(label_size) + 0.5) * size / label_size - 0.5
    centers = np.clip(centers, 0, size - 1)
    low = np.minimum(centers.astype(int), max(size - 2, 0))
    weights = np.zeros((label_size, size))
    weights[np.arange(label_size), low] = 1 - (centers - low)
    if size > 1:
        weights[np.arange(label_size), low + 1] += centers - low
    return weights


def _enlarged(x, labels):
    down, right = (_axis(x.shape[i], labels.shape[i]) for i in (1, 2))
    return np.einsum("yr,xc,ircu->iyxu", down, right, np.asarray(x, np.float64))


def _by_hand(x, thresholds, labels):
    above = _enlarged(x, labels) > np.asarray(thresholds, np.float64)
    shown = np.asarray(labels)[..., None, :] == np.arange(CONCEPTS)[:, None]
    both = np.einsum("iyxu,iyxc->uc", above.astype(int), shown.any(-1).astype(int))
    return both, above.sum(axis=(1, 2))


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
@pytest.mark.parametrize("sizes", SHAPES, ids=str)
def test_counts_are_those_by_hand(sizes, implementation):
    inputs = _inputs(sizes)
    both, active = _by_hand(*inputs)
    got = _count(implementation, *inputs)
    np.testing.assert_array_equal(got.both, both)
    np.testing.assert_array_equal(got.active, active)
    assert both.sum() > 0


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16])
def test_free_tensors_differ_by_pixels_at_a_threshold_only(dtype, implementation):
    x = normal(jax.random.key(1), (4, 16, 16, 32)).astype(dtype)
    thresholds = jnp.full((32,), 1.1, jnp.float32)
    labels = jax.random.randint(jax.random.key(2), (4, 50, 50, 1), 0, CONCEPTS)
    wide = np.asarray(x.astype(jnp.float32), np.float64)
    both, active = _by_hand(wide, thresholds, labels)
    away = np.abs(_enlarged(wide, labels) - np.float64(np.float32(1.1)))
    near = (away < 1e-5 * np.abs(wide).max()).sum(axis=(1, 2))
    got = _count(implementation, x, thresholds, labels)
    assert (np.abs(got.active - active) <= near).all()
    # Each pixel shows one concept.
    assert (np.abs(got.both - both).sum(axis=1) <= near.sum(axis=0)).all()
    assert near.sum() < 1e-3 * active.sum()


def test_more_active_cells_than_a_tile_are_all_counted():
    x, _, labels = _inputs(((12, 12), (32, 32)), units=40)
    everywhere = jnp.full((40,), -100.0)
    got = _count("active_cells", x, everywhere, labels)
    assert 4 * active_cells._TILE < 11 * 11 * 40
    assert (np.asarray(got.active) == 32 * 32).all()


def test_nothing_is_above_an_infinite_threshold():
    x, _, labels = _inputs(((4, 4), (32, 32)))
    for implementation in IMPLEMENTATIONS:
        got = _count(implementation, x, jnp.full((5,), jnp.inf), labels)
        assert not np.asarray(got.both).any()
        assert not np.asarray(got.active).any()


def test_a_value_equal_to_its_threshold_is_not_above():
    x = jnp.zeros((1, 4, 4, 1))
    labels = jnp.zeros((1, 8, 8, 1), jnp.int32)
    for implementation in IMPLEMENTATIONS:
        assert not _count(implementation, x, jnp.zeros((1,)), labels).both.any()


@pytest.mark.parametrize("units", [1, 128, 300])
def test_every_block_of_units_is_counted(units):
    inputs = _inputs(((4, 4), (8, 8)), units=units)
    both, active = _by_hand(*inputs)
    got = _count("fused", *inputs)
    np.testing.assert_array_equal(got.both, both)
    np.testing.assert_array_equal(got.active, active)


def _shapes(*, rows, units, label_rows):
    return (
        jax.ShapeDtypeStruct((2, rows, rows, units), jnp.float32),
        jax.ShapeDtypeStruct((units,), jnp.float32),
        jax.ShapeDtypeStruct((2, label_rows, label_rows, 1), jnp.int32),
    )


def _lowered(count, platform, shapes):
    count = functools.partial(count, num_concepts=11)
    traced = jax.jit(count).trace(*shapes)
    return traced.lower(lowering_platforms=(platform,)).as_text(debug_info=True)


@pytest.mark.parametrize(
    ("platform", "rows", "label_rows", "choice"),
    [
        ("cpu", 16, 64, "active_cells"),
        ("cpu", 64, 64, "reference"),
        ("cuda", 16, 64, "reference"),
        ("tpu", 16, 64, "fused"),
        ("tpu", 64, 64, "fused"),
        # Maps that do not fit, and labels.
        ("tpu", 128, 256, "reference"),
        ("tpu", 16, 2048, "reference"),
    ],
)
def test_the_platform_compiled_for_decides(platform, rows, label_rows, choice):
    shapes = _shapes(rows=rows, units=64, label_rows=label_rows)
    text = _lowered(ops.overlap_counts, platform, shapes)
    others = {"active_cells", "reference", "fused"} - {choice}
    assert f"overlap_counts.{choice}" in text
    assert not any(f"overlap_counts.{name}" in text for name in others)
    assert ("tpu_custom_call" in text) == (choice == "fused")


@pytest.mark.parametrize(("rows", "units", "label_rows"), WORKLOADS)
def test_the_kernel_lowers_for_gpus_by_triton(rows, units, label_rows):
    # Nothing chooses it there: the test keeps it free of what only a TPU has. Triton
    # wants powers of 2, which 11 concepts and one more, in whole registers, are.
    shapes = _shapes(rows=rows, units=units, label_rows=label_rows)
    jax.config.update("jax_pallas_use_mosaic_gpu", False)
    try:
        text = _lowered(fused.overlap_counts, "cuda", shapes)
    finally:
        jax.config.update("jax_pallas_use_mosaic_gpu", True)
    assert "triton" in text
