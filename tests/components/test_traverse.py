"""Traversals against edits made by hand, and their laws."""

import dataclasses

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import components, taps
from jgan.components import Directions
from tests.components.style import CONFIG, style_gan
from tests.generators import make_gan
from tests.helpers import unchecked

pytestmark = pytest.mark.usefixtures("unoptimized")

# Two programs round differently, and random layers increase it.
_ATOL = 1e-4


def _directions(key, place, *shape):
    vectors = jax.random.normal(key, shape)
    length = jnp.sqrt(jnp.sum(vectors**2, axis=range(1, len(shape)), keepdims=True))
    return Directions({place: vectors / length}, jnp.ones(shape[0]))


def _images(gan, latents, edits=None):
    return jax.jit(gan.forward)(gan.params, latents, edits)[0]


def test_unit_length_is_that_of_all_that_moves_together(new_key):
    z = jax.random.normal(new_key(), (3, 4)).at[1].set(0.0)
    layer = jax.random.normal(new_key(), (3, 2, 1, 5)).at[1].set(0.0)
    directions = Directions({"z": z, "layer": layer}, jnp.arange(3.0))
    found = components.unit_length(directions)
    flat = np.concatenate([z, layer.reshape(3, -1)], axis=1)
    got = np.concatenate(
        [found.vectors["z"], found.vectors["layer"].reshape(3, -1)], axis=1
    )
    for i in (0, 2):
        np.testing.assert_allclose(got[i], flat[i] / np.linalg.norm(flat[i]), rtol=1e-5)
    assert not got[1].any()
    np.testing.assert_array_equal(found.values, directions.values)


def test_z_is_moved_by_each_strength_along_each_direction(new_key):
    gan = make_gan("progan")
    latents = gan.sample_latents(2, key=new_key())
    directions = _directions(new_key(), "z", 4, 8)
    strengths = (-2.0, 0.0, 3.0)
    got = components.traverse(
        gan, latents, directions, indices=(2, 0), strengths=strengths
    )
    assert got.shape == (2, 3, 2, 32, 32, 3)
    for i, index in enumerate((2, 0)):
        for j, strength in enumerate(strengths):
            vector = np.asarray(directions.vectors["z"])[index]
            moved = latents._replace(z=latents.z + strength * vector[None])
            want = _images(gan, moved)
            np.testing.assert_allclose(got[i, j], want, atol=_ATOL * np.abs(want).max())
    # Strength 0 is the same whatever the direction, were it wrong in the last bit.
    assert np.asarray(got[0, 1]).tobytes() == np.asarray(got[1, 1]).tobytes()
    assert np.abs(got[0, 2] - got[1, 2]).max() > 0.1


def _styled(new_key, *, psi=None):
    gan = style_gan()
    latents = gan.sample_latents(2, truncation=psi, key=new_key())
    return gan, latents, _directions(new_key(), "w", 3, 8)


_SWEEP = {"indices": (0, 2), "strengths": (0.0, 1.5)}


def test_all_rows_of_w_plus_are_w_where_nothing_is_truncated(new_key):
    gan, latents, directions = _styled(new_key, psi=1.0)
    whole = components.traverse(gan, latents, directions, **_SWEEP)
    rows = components.traverse(
        gan, latents, directions, layers=range(CONFIG.num_w), **_SWEEP
    )
    np.testing.assert_allclose(whole, rows, atol=_ATOL * np.abs(whole).max())
    # Not at another psi: w moves before truncation, its rows after.
    latents = latents._replace(psi=jnp.full((2,), 0.5))
    rows = components.traverse(
        gan, latents, directions, layers=range(CONFIG.num_w), **_SWEEP
    )
    twice = _SWEEP | {"strengths": (0.0, 3.0)}
    whole = components.traverse(gan, latents, directions, **twice)
    np.testing.assert_allclose(whole, rows, atol=_ATOL * np.abs(whole).max())


def test_only_the_layers_asked_for_move(new_key):
    gan, latents, directions = _styled(new_key, psi=0.7)
    got = components.traverse(gan, latents, directions, layers=(3, 4), **_SWEEP)
    w_plus = np.array(jax.jit(gan.forward)(gan.params, latents)[1]["w_plus"])
    w_plus[:, 3:5] += 1.5 * np.asarray(directions.vectors["w"])[2]
    want = _images(gan, latents, {"w_plus": taps.Replace(w_plus)})
    np.testing.assert_allclose(got[1, 1], want, atol=_ATOL * np.abs(want).max())
    before = _images(gan, latents)
    np.testing.assert_allclose(got[:, 0], [before] * 2, atol=_ATOL * np.abs(want).max())
    assert np.abs(want - before).max() > 0.1


def test_activations_and_latents_move_at_once(new_key):
    gan, latents, directions = _styled(new_key)
    # The same for all pixels of a row.
    others = _directions(new_key(), "b8.conv1", 3, 8, 1, 8)
    both = Directions({**directions.vectors, **others.vectors}, directions.values)
    got = components.traverse(gan, latents, both, indices=(1,), strengths=(4.0,))
    edits = {
        place: taps.Affine(1.0, 1.0, 4.0 * vectors[1][None])
        for place, vectors in both.vectors.items()
    }
    want = _images(gan, latents, edits)
    np.testing.assert_allclose(got[0, 0], want, atol=_ATOL * np.abs(want).max())


def test_a_step_is_swept_and_differentiated_as_any_edit(new_key):
    gan, latents, directions = _styled(new_key)

    @jax.jit
    def brightness(directions, strength):
        moved, edits = components.move(latents, directions, 1, strength)
        return gan.forward(gan.params, moved, edits)[0].mean()

    slope = jax.jit(jax.grad(brightness, argnums=1))(directions, 0.0)
    # Steps of 0.01, whose squares float32 has still digits for.
    risen = brightness(directions, 0.01) - brightness(directions, -0.01)
    np.testing.assert_allclose(slope, risen / 0.02, rtol=0.02)
    assert abs(slope) > 1e-3


@pytest.mark.parametrize("layers", [None, [2, 1]])
def test_other_directions_and_strengths_are_not_traced_again(layers, new_key):
    gan, latents, directions = _styled(new_key)
    forward = gan.forward
    traced = chex.assert_max_traces(lambda *args: forward(*args), n=1)
    gan = dataclasses.replace(gan, name="counted", forward=traced)
    for chosen, indices, strengths in (
        (directions, (0, 1), (0.0, 1.0)),
        (directions, np.array([2, 2]), np.array([-1.0, 4.0])),
        (_directions(new_key(), "w", 3, 8), (1, 0), jnp.array([2.0, 3.0])),
    ):
        components.traverse(
            gan, latents, chosen, indices=indices, strengths=strengths, layers=layers
        )


def test_what_cannot_be_traversed_is_refused(new_key):
    style, biggan = style_gan(), make_gan("biggan_unshared")
    directions = _directions(new_key(), "w", 3, 8)
    flat = _directions(new_key(), "z", 3, 8)
    unknown = _directions(new_key(), "b9", 3, 8)
    long = _directions(new_key(), "z", 3, 9)
    for gan, chosen, change, complaint in (
        (
            style,
            directions,
            {"indices": (0, 3)},
            r"no direction \[3\]. .* 0 to 2",
        ),
        (style, directions, {"indices": (-1,)}, r"no direction \[-1\]"),
        (style, directions, {"indices": 1}, "indices is 1; give a list"),
        (style, directions, {"indices": (0.5,)}, r"indices is \(0\.5,\)"),
        (style, directions, {"strengths": 1.0}, r"strengths is 1\.0; give a list"),
        (style, directions, {"layers": (2, 6)}, r"no layer \[6\] of w_plus. .* 0 to 5"),
        (style, directions, {"layers": (-1,)}, r"no layer \[-1\]"),
        (style, flat, {"layers": (1,)}, r"layers is \(1,\), and the directions move z"),
        (style, long, {}, r"move a z of shape \(9,\); the latents' is \(8,\)"),
        (style, unknown, {}, "no layer 'b9' to edit. .*layers are: w, w_plus, "),
        (biggan, directions, {}, "no layer 'w' to edit"),
        (biggan, directions, {"layers": (0,)}, "no layer 'w_plus' to edit"),
    ):
        latents = gan.sample_latents(1, key=new_key())
        with pytest.raises(ValueError, match=complaint):
            unchecked(components.traverse)(gan, latents, chosen, **_SWEEP | change)


def test_a_sheet_has_a_column_for_each_strength_and_rows_of_directions():
    levels = np.linspace(-1, 1, 12, dtype=np.float32).reshape(2, 3, 2)
    traversed = np.broadcast_to(levels[..., None, None, None], (2, 3, 2, 4, 5, 3))
    sheet = components.traversal_sheet(traversed)
    # Two pixels of white between images of 4 x 5, and around them.
    assert sheet.shape == (4 * 6 + 2, 3 * 7 + 2, 3)
    got = sheet[2::6, 2::7, 0]
    want = np.rint((levels.swapaxes(1, 2).reshape(4, 3) + 1) * 127.5)
    np.testing.assert_array_equal(got, want)
