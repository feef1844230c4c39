"""Edits of a decomposed layer: their structure, their sums, and where they lead."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import components, stats
from jgan.components import Ranks, _edits
from tests.components.planted import KEY, SIZE, activations, even_gan, tucker_gan

pytestmark = pytest.mark.usefixtures("unoptimized")

_MANY = {"num_images": 600, "batch_size": 100, "key": KEY}


@pytest.fixture(scope="module")
def fitted():
    gan = even_gan()
    decomposition = components.mpca(gan, "layer", **_MANY)
    ridge = components.ridge_regression(gan, "layer", decomposition, **_MANY)
    return gan, decomposition, ridge.regression


def _moved(gan, directions, index, strength, *, num_images=3):
    """The layer's activation before, and with one direction."""
    latents = gan.sample_latents(num_images, key=jax.random.key(5))
    after, edits = components.move(latents, directions, index, strength)
    tap = lambda latents, edits: gan.forward(gan.params, latents, edits)[1]["layer"]
    return np.asarray(tap(latents, None)), np.asarray(tap(after, edits))


@pytest.mark.parametrize(("mode", "axis"), [("row", 1), ("col", 2), ("unit", 3)])
def test_an_edit_of_a_mode_is_its_component_everywhere_else(fitted, mode, axis):
    gan, decomposition, _ = fitted
    directions = components.mode_directions("layer", decomposition, mode)
    before, after = _moved(gan, directions, 1, -2.5)
    change = np.moveaxis(after - before, axis, -1)
    want = np.broadcast_to(-2.5 * decomposition.basis(mode)[:, 1], change.shape)
    # Float32 rounds activations of about 10.
    np.testing.assert_allclose(change, want, atol=1e-5)
    np.testing.assert_allclose(
        directions.values, decomposition.spectra[mode], rtol=1e-6
    )


def test_an_entry_of_the_core_is_a_product_of_components(fitted):
    gan, decomposition, _ = fitted
    entries = [(1, 0, 2), (3, 4, 5)]
    directions = components.mixing_directions("layer", decomposition, entries)
    for i, (row, col, unit) in enumerate(entries):
        before, after = _moved(gan, directions, i, 4.0)
        core = np.zeros((1, *SIZE), np.float32)
        core[0, row, col, unit] = 4.0
        mean = jnp.float32(decomposition.mean)
        want = components.reconstruct(decomposition, jnp.asarray(core))[0] - mean
        np.testing.assert_allclose(after - before, [want] * 3, atol=1e-5)
    values = [decomposition.spectra[m] for m in stats.MODES]
    shares = [v / v.sum() for v in values]
    want = shares[0][1] * shares[1][0] * shares[2][2] * values[0].sum()
    np.testing.assert_allclose(directions.values[0], want, rtol=1e-5)


def test_edits_add_up_and_are_linear(fitted):
    gan, decomposition, regression = fitted
    of = lambda mode: components.mode_directions("layer", decomposition, mode)
    mixing = components.mixing_directions("layer", decomposition, [(1, 1, 1)])
    terms = [(of("unit"), 0, 2.0), (of("row"), 2, -1.0), (mixing, 0, 3.0)]
    both = components.combine(terms)
    before, after = _moved(gan, both, 0, 1.5)
    change = 0.0
    for directions, index, strength in terms:
        one, other = _moved(gan, directions, index, 1.5 * strength)
        change = change + other - one
    np.testing.assert_allclose(after - before, change, atol=3e-5)
    # And so do the latents that make them.
    latent = components.to_latent(both, "layer", regression).vectors["z"]
    parts = [
        strength * components.to_latent(d, "layer", regression).vectors["z"][i]
        for d, i, strength in terms
    ]
    np.testing.assert_allclose(latent[0], sum(parts), atol=1e-5)


def test_the_latent_makes_the_edit_where_it_can(fitted):
    gan, decomposition, regression = fitted
    # An edit that some latent makes: towards another image.
    x, z = activations(gan, 2, key=jax.random.key(6))
    towards = components.Directions(
        {"layer": jnp.float32(x[1:] - x[:1])}, jnp.ones((1,))
    )
    latent = components.to_latent(towards, "layer", regression)
    np.testing.assert_allclose(latent.vectors["z"][0], z[1] - z[0], atol=1e-3)
    both = components.to_latent(towards, "layer", regression, keep=True)
    assert {*both.vectors} == {"layer", "z"}
    before, once = _moved(gan, latent, 0, 1.0)
    _, twice = _moved(gan, both, 0, 1.0)
    np.testing.assert_allclose(twice - before, 2 * (once - before), atol=1e-2)


def test_signs_of_bases_do_not_change_the_set_of_edits(fitted):
    _, decomposition, regression = fitted
    flipped = decomposition._replace(
        row=decomposition.row * [1, -1, -1, 1, -1, 1],
        unit=-np.asarray(decomposition.unit),
    )

    def edits(decomposition):
        entries = [(i, j, k) for i in range(3) for j in range(2) for k in range(3)]
        found = [components.mixing_directions("layer", decomposition, entries)]
        found += [
            components.mode_directions("layer", decomposition, mode)
            for mode in stats.MODES
        ]
        latents = [components.to_latent(d, "layer", regression) for d in found]
        vectors = np.concatenate([latent.vectors["z"] for latent in latents])
        # A strength may have either sign.
        return np.concatenate([vectors, -vectors])

    ours, theirs = edits(decomposition), edits(flipped)
    distances = np.linalg.norm(ours[:, None] - theirs[None], axis=-1)
    assert distances.min(axis=0).max() < 1e-4
    assert distances.min(axis=1).max() < 1e-4


def test_a_sweep_is_one_program(fitted):
    gan, decomposition, regression = fitted
    directions = components.mode_directions("layer", decomposition, "unit")
    latents = gan.sample_latents(2, key=jax.random.key(5))
    for found in (directions, components.to_latent(directions, "layer", regression)):
        swept = components.traverse(
            gan, latents, found, indices=[0, 2], strengths=[-1.0, 0.0, 1.0]
        )
        assert swept.shape == (2, 3, 2, 2, 2, 3)
        image = gan.forward(gan.params, latents, None)[0]
        np.testing.assert_allclose(swept[:, 1], [image] * 2, atol=1e-6)
    before = _edits._latents_of._cache_size()
    components.to_latent(directions, "layer", regression)
    assert _edits._latents_of._cache_size() == before


def test_a_constant_layer_has_edits_of_no_variance():
    gan = tucker_gan()
    params = {**gan.params, "map": jnp.zeros_like(gan.params["map"])}
    gan = dataclasses.replace(gan, params=params)
    found = components.mpca(gan, "layer", ranks=Ranks(2, 3, 4), **_MANY)
    assert not any(np.any(found.spectra[mode]) for mode in stats.MODES)
    mixing = components.mixing_directions("layer", found, [(0, 1, 2)])
    assert mixing.values[0] == 0
    with pytest.raises(ValueError, match="Component 0 of layer 'layer' does not vary"):
        components.ganspace(gan, "layer", num_components=2, **_MANY)


def test_cut_modes_have_fewer_edits_and_others_are_refused(fitted):
    gan, decomposition, regression = fitted
    cut = components.mpca(gan, "layer", ranks=Ranks(2, 5, 3), **_MANY)
    directions = components.mode_directions("layer", cut, "unit")
    assert directions.vectors["layer"].shape == (3, 1, 1, 12)
    with pytest.raises(ValueError, match="no mode 'channel'"):
        components.mode_directions("layer", decomposition, "channel")
    with pytest.raises(ValueError, match=r"no entry \(2, 0, 0\)"):
        components.mixing_directions("layer", cut, [(2, 0, 0)])
    with pytest.raises(ValueError, match="nothing to combine"):
        components.combine([])
    with pytest.raises(ValueError, match="no direction 3"):
        components.combine([(directions, 3, 1.0)])
    with pytest.raises(ValueError, match="the regression is of layer 'other'"):
        components.to_latent(directions, "other", regression)
