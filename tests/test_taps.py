"""Edits of a single activation against the formula, and what they refuse."""

import hypothesis
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import strategies as st

from jgan import taps
from tests.helpers import unchecked

_SHAPE = (2, 3, 4, 5)


def _activation():
    return jax.random.normal(jax.random.key(0), _SHAPE)


def _apply(edits, activation=None):
    tap = object.__new__(taps.Tapper)
    unchecked(taps.Tapper.__init__)(tap, {"layer": edits})
    tap("layer", _activation() if activation is None else activation)
    return tap.finish()["layer"]


@hypothesis.given(
    mask=st.floats(0, 1, width=32),
    scale=st.floats(-4, 4, width=32),
    value=st.floats(-4, 4, width=32),
)
def test_affine_is_the_published_formula(mask, scale, value):
    r = np.asarray(_activation(), np.float64)
    want = (1 - mask) * r + mask * (scale * r + value)
    got = _apply(taps.Affine(mask, scale, value))
    np.testing.assert_allclose(got, want, atol=4e-6)


def test_masks_of_units_pixels_and_images_select_just_those():
    units = taps.unit_mask([1, 3], num_units=5)
    pixels = taps.pixel_mask(jnp.eye(3, 4, dtype=bool))
    images = taps.image_mask(np.array([False, True]))
    r = np.asarray(_activation())
    want = r.copy()
    for pixel in range(3):
        want[1, pixel, pixel, [1, 3]] = 0
    np.testing.assert_array_equal(_apply(taps.ablate(units * pixels * images)), want)


def test_several_edits_of_a_layer_apply_in_order():
    r = _activation()
    first = taps.insert(1.0, 2.0)
    second = taps.scale(taps.unit_mask(0, num_units=5), 3.0)
    got = _apply([first, second])
    np.testing.assert_array_equal(got[..., 0], 6.0)
    np.testing.assert_array_equal(got[..., 1:], 2.0)
    np.testing.assert_array_equal(_apply([]), r)


def test_half_a_blend_is_half_way():
    other = jnp.ones(_SHAPE)
    got = _apply(taps.blend(0.5, other))
    np.testing.assert_allclose(got, 0.5 * (_activation() + 1), atol=1e-6)


def test_edits_keep_the_dtype_of_the_activation():
    for edit in (taps.ablate(1.0), taps.insert(1, 2), taps.Replace(jnp.ones(_SHAPE))):
        got = _apply(edit, _activation().astype(jnp.bfloat16))
        assert got.dtype == jnp.bfloat16


def test_a_replacement_broadcasts():
    got = _apply(taps.Replace(jnp.arange(5.0)[None, None, None, :]))
    np.testing.assert_array_equal(got, np.broadcast_to(np.arange(5.0), _SHAPE))


@pytest.mark.parametrize(
    "edit",
    [
        taps.ablate(jnp.ones(5)),
        taps.ablate(jnp.ones((1, 1, 1, 4))),
        taps.insert(1.0, jnp.ones((2, 3, 3, 5))),
        taps.Replace(jnp.ones((3, 3, 4, 5))),
        [taps.ablate(1.0), taps.ablate(jnp.ones((1, 3)))],
    ],
)
def test_a_shape_that_does_not_broadcast_is_refused(edit):
    with pytest.raises(ValueError, match=r"'layer'.*\(2, 3, 4, 5\)"):
        _apply(edit)


def test_all_problems_are_told_with_all_layers():
    tap = taps.Tapper({"a": taps.ablate(jnp.ones(3)), "z": taps.ablate(1.0)})
    tap("a", _activation())
    tap("b", _activation())
    with pytest.raises(ValueError, match=r"'a' holds.*no layer 'z'.*layers are: a, b"):
        tap.finish()


@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        (jnp.zeros(_SHAPE), r"make one of it, such as taps\.Replace"),
        (None, "is a NoneType"),
        (0.0, "is a float"),
        (taps.Affine, "is a type"),
        (lambda x: x[:, :1], r"returns shape \(2, 1, 4, 5\)"),
    ],
)
def test_what_is_no_edit_is_refused(edit, complaint):
    with pytest.raises(ValueError, match=complaint):
        _apply(edit)


def test_edits_are_a_dict():
    with pytest.raises(ValueError, match="dict from layer"):
        unchecked(taps.Tapper.__init__)(object(), [taps.ablate(1.0)])


def test_a_callable_pytree_may_hold_a_matrix():
    mix = jax.tree_util.Partial(lambda m, x: x @ m, 2.0 * jnp.eye(5))
    np.testing.assert_allclose(_apply(mix), 2.0 * _activation(), rtol=1e-6)


@pytest.mark.parametrize("units", [1.7, [True, False], jnp.array([1.0])])
def test_units_are_whole_numbers(units):
    with pytest.raises(ValueError, match="whole numbers"):
        unchecked(taps.unit_mask)(units, num_units=5)


def test_units_outside_the_layer_are_refused():
    with pytest.raises(ValueError, match=r"\[5, -1\].*0\.\.4"):
        taps.unit_mask([0, 5, -1], num_units=5)


def test_a_unit_mask_sweeps_under_vmap():
    masks = jax.vmap(lambda u: taps.unit_mask(u, num_units=3))(jnp.arange(3))
    np.testing.assert_array_equal(masks[:, 0, 0, 0], np.eye(3))


def test_two_layers_of_one_name_are_refused():
    tap = taps.Tapper(None)
    tap("a", jnp.zeros((1, 1)))
    with pytest.raises(ValueError, match="Two layers"):
        tap("a", jnp.zeros((1, 1)))
