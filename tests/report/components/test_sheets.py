"""Sheets show the edits they name: checked by edits made by hand."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import components
from jgan.images import to_uint8
from jgan.report.components.sheets import ENTRIES, REACH, make_sheets
from jgan.stats import MODES
from tests.components.planted import KEY, tucker_gan

pytestmark = pytest.mark.usefixtures("unoptimized")

_SIZES = {"num_images": 500, "batch_size": 100, "key": KEY}


@pytest.fixture(scope="module")
def methods():
    gan = tucker_gan(noise=0.1)
    decomposition = components.mpca(gan, "layer", **_SIZES)
    ridge = components.ridge_regression(gan, "layer", decomposition, **_SIZES)
    return components.Methods({}, decomposition, ridge.regression)


@pytest.fixture(scope="module")
def sheets(methods):
    return make_sheets(tucker_gan(noise=0.1), "layer", "z", methods, key=KEY)


def test_there_is_one_of_each_mode_and_one_of_the_core(sheets, methods):
    assert {*sheets} == {*MODES, ENTRIES}
    for mode in MODES:
        spectrum = methods.decomposition.spectra[mode]
        want = spectrum[:4] / spectrum.sum()
        np.testing.assert_allclose(sheets[mode].variances, want, rtol=1e-5)
        assert sheets[mode].images.shape == (4, 2, 5, 2, 2, 3)


def test_entries_are_those_that_vary_most(sheets, methods):
    spectra = [methods.decomposition.spectra[mode] for mode in MODES]
    every = itertools.product(*(range(len(spectrum)) for spectrum in spectra))
    # Of independent modes, as each spectrum adds up to the total.
    share = {
        entry: np.prod([s[i] / s.sum() for s, i in zip(spectra, entry, strict=True)])
        for entry in every
    }
    largest = sorted(share, key=share.__getitem__, reverse=True)[:4]
    assert sheets[ENTRIES].entries == tuple(largest)
    want = [share[entry] for entry in largest]
    np.testing.assert_allclose(sheets[ENTRIES].variances, want, rtol=1e-5)


def test_images_are_of_a_latent_moved_as_the_regression_says(sheets, methods):
    gan, (mean, *_) = tucker_gan(noise=0.1), methods.decomposition
    latents = gan.sample_latents(2, key=KEY)
    bases = [methods.decomposition.basis(mode) for mode in MODES]
    # A standard normal latent of 64 numbers is about 8 long.
    usual = components.latent_spread(gan, "z", KEY) * 8
    for number, entry in enumerate(sheets[ENTRIES].entries):
        columns = [basis[:, i] for basis, i in zip(bases, entry, strict=True)]
        moved = mean + np.einsum("r,c,u->rcu", *columns)
        low, high = methods.regression.predict(jnp.stack([mean, jnp.float32(moved)]))[
            "z"
        ]
        step = (high - low) / jnp.linalg.norm(high - low)
        for at, strength in ((0, -1), (2, 0), (4, 1)):
            z = latents.z + strength * REACH * usual * step[None]
            image, _ = jax.jit(gan.forward)(gan.params, latents._replace(z=z))
            got = sheets[ENTRIES].images[number, :, at]
            np.testing.assert_allclose(got, to_uint8(image).astype(int), atol=1)
