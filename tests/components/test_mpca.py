"""Multilinear PCA: a planted model, NumPy in float64, tensorly, and the streaming."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tensorly.decomposition

from jgan import components, stats
from jgan.components import Ranks
from jgan.stats._chunk import run_chunk
from tests.components.planted import (
    KEY,
    RANKS,
    SIZE,
    activations,
    bases,
    largest_angle,
    tucker_gan,
)

pytestmark = pytest.mark.usefixtures("unoptimized")

_MANY = {"num_images": 600, "batch_size": 100, "key": KEY}


def _scatter(x, axis):
    centered = np.moveaxis(x - x.mean(axis=0), axis, 0).reshape(x.shape[axis], -1)
    return centered @ centered.T / len(x)


def test_planted_subspaces_are_found_and_nothing_else_is_captured():
    gan = tucker_gan()
    for ranks in (None, Ranks(*RANKS)):
        found = components.mpca(gan, "layer", ranks=ranks, **_MANY)
        for mode, planted in zip(stats.MODES, bases(), strict=True):
            basis = found.basis(mode)[:, : planted.shape[1]]
            assert largest_angle(basis, planted) < 1e-3
            left = found.spectra[mode][planted.shape[1] :]
            # What float32 rounds in a sum of products.
            assert left.max() < 1e-6 * found.spectra[mode][0]
        np.testing.assert_allclose(found.captured, 1, atol=1e-6)


def test_spectra_and_mean_equal_those_of_numpy():
    gan = tucker_gan(noise=0.05)
    x, _ = activations(gan, 600, key=KEY)
    found = components.mpca(gan, "layer", **_MANY)
    np.testing.assert_allclose(found.mean, x.mean(axis=0), rtol=1e-6)
    for axis, mode in enumerate(stats.MODES, start=1):
        want, vectors = np.linalg.eigh(_scatter(x, axis))
        np.testing.assert_allclose(found.spectra[mode], want[::-1], rtol=1e-5)
        got = found.basis(mode)
        np.testing.assert_allclose(got.T @ got, np.eye(len(got)), atol=1e-12)
        # Eigenvalues lie apart by a hundredth and more of themselves.
        np.testing.assert_allclose(
            abs(got.T @ vectors[:, ::-1]), np.eye(len(got)), atol=1e-3
        )
        assert (got[abs(got).argmax(axis=0), np.arange(len(got))] > 0).all()
        np.testing.assert_allclose(found.spectra[mode].sum(), want.sum(), rtol=1e-6)


def test_full_ranks_reconstruct():
    gan = tucker_gan(noise=0.3)
    found = components.mpca(gan, "layer", **_MANY)
    x, _ = activations(gan, 20, key=jax.random.key(9))
    core = components.project(found, jnp.float32(x))
    assert core.shape == (20, *SIZE)
    again = components.reconstruct(found, core)
    np.testing.assert_allclose(again, x, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("ranks", [(2, 3, 4), (6, 2, 5), (6, 5, 4)])
def test_cut_modes_capture_what_tensorly_does_and_never_less(ranks):
    gan, num_images = tucker_gan(noise=0.1), 100
    sizes = {"num_images": num_images, "batch_size": num_images, "key": KEY}
    before = run_chunk._cache_size()
    found = components.mpca(gan, "layer", ranks=Ranks(*ranks), **sizes)
    # One for all modes, and one for each with the others projected.
    assert run_chunk._cache_size() <= before + 4
    assert found.ranks == ranks
    # The last is solved by the first pass.
    assert (len(found.captured) == 1) == (ranks == (6, 5, 4))
    # But for what float32 rounds in a projection and in products.
    assert np.diff(found.captured).min(initial=0) > -1e-6
    x, _ = activations(gan, num_images, key=KEY)
    centered = x - x.mean(axis=0)
    (core, _), _ = tensorly.decomposition.partial_tucker(
        centered, rank=ranks, modes=[1, 2, 3], n_iter_max=200, tol=1e-12
    )
    want = np.sum(core**2) / np.sum(centered**2)
    np.testing.assert_allclose(found.captured[-1], want, rtol=1e-4)
    own = np.asarray(components.project(found, jnp.float32(x)), np.float64)
    np.testing.assert_allclose(
        np.sum(own**2) / np.sum(centered**2), found.captured[-1], rtol=1e-5
    )


@pytest.mark.parametrize(
    ("batch_size", "ranks"), [(1, None), (7, None), (7, Ranks(2, 3, 4))]
)
def test_batch_size_does_not_matter(batch_size, ranks):
    gan = tucker_gan(noise=0.4)
    sizes = {"num_images": 65, "key": KEY}
    whole = components.mpca(gan, "layer", ranks=ranks, batch_size=65, **sizes)
    found = components.mpca(gan, "layer", ranks=ranks, batch_size=batch_size, **sizes)
    np.testing.assert_allclose(found.mean, whole.mean, rtol=1e-5)
    np.testing.assert_allclose(found.captured, whole.captured, rtol=1e-5)
    for mode in stats.MODES:
        np.testing.assert_allclose(found.spectra[mode], whole.spectra[mode], rtol=1e-5)
        # Eigenvalues that differ by a hundredth make a hundred times the error.
        np.testing.assert_allclose(found.basis(mode), whole.basis(mode), atol=1e-4)


def test_an_interrupted_run_goes_on_to_the_same(tmp_path):
    gan = tucker_gan(noise=0.4)
    ranks = Ranks(2, 3, 4)
    want = components.mpca(gan, "layer", ranks=ranks, **_MANY)
    calls = []

    def stop(share):
        calls.append(share)
        if len(calls) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        components.mpca(
            gan, "layer", ranks=ranks, resume=tmp_path / "r", progress=stop, **_MANY
        )
    left = {file.name for file in (tmp_path / "r").iterdir()}
    assert left == {"whole.npz", "round1.unit.npz", "round1.row.npz"}
    calls.clear()
    found = components.mpca(
        gan, "layer", ranks=ranks, resume=tmp_path / "r", progress=calls.append, **_MANY
    )
    # Of the passes that were done, nothing is gathered again.
    assert len(calls) == len(want.captured) - 2
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(want), strict=True):
        np.testing.assert_array_equal(a, b)


def test_memory_does_not_depend_on_the_number_of_images():
    zero = stats.zero_scatter(*SIZE)
    sizes = [leaf.size for leaf in jax.tree.leaves(zero)]
    assert sum(sizes) == 1 + np.prod(SIZE) + 2 * sum(n * n for n in SIZE)


def test_layers_and_ranks_that_make_no_sense_are_refused():
    gan = tucker_gan()
    with pytest.raises(ValueError, match="no layer 'other'"):
        components.mpca(gan, "other", **_MANY)
    for ranks in (Ranks(7, 5, 12), Ranks(6, 5, 13), Ranks(6, 0, 12)):
        bad = [r for r, n in zip(ranks, SIZE, strict=True) if not 1 <= r <= n]
        with pytest.raises(ValueError, match=f"The rank of mode .* is {bad[0]}"):
            components.mpca(gan, "layer", ranks=ranks, **_MANY)
    with pytest.raises(ValueError, match="num_images is 1, too few for a rank of 6"):
        components.mpca(gan, "layer", num_images=1, batch_size=1, key=KEY)
