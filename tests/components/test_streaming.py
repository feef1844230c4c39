"""Streaming: device counts, memory by the number of images, and what is not finite."""

import dataclasses
import os
import pathlib
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import components, stats
from jgan.stats._chunk import run_chunk
from tests.components import decomposing
from tests.components.planted import KEY, SIZE, tucker_gan

pytestmark = pytest.mark.usefixtures("unoptimized")

_ROOT = pathlib.Path(__file__).parents[2]


def test_the_number_of_devices_does_not_matter(tmp_path):
    out = tmp_path / "out.npz"
    flags = "--xla_force_host_platform_device_count=4"
    done = subprocess.run(
        [sys.executable, "-m", "tests.components.decomposing", out, "4"],
        cwd=_ROOT,
        env=os.environ | {"XLA_FLAGS": flags},
        capture_output=True,
        text=True,
    )
    assert not done.returncode, done.stderr[-2000:]
    want = decomposing.run(1)
    with np.load(out) as got:
        assert {*got} == {*want}
        for name, values in want.items():
            # Eigenvectors magnify what float32 rounds by the distance of eigenvalues,
            # a hundredth here, and predictions by that of a least variance.
            bound = 1e-4 if name.endswith(("basis", "predicted")) else 1e-5
            scale = np.abs(values).max()
            np.testing.assert_allclose(got[name], values, atol=bound * scale)


def _decompose(**sizes):
    gan = tucker_gan(noise=0.4)
    found = components.mpca(gan, "layer", key=KEY, **sizes)
    return components.ridge_regression(gan, "layer", found, key=KEY, **sizes)


def test_any_number_of_images_is_the_same_programs():
    """So the same temporaries; a thousand batches are more than a program takes."""
    _decompose(num_images=30, batch_size=2)
    before = run_chunk._cache_size()
    _decompose(num_images=2001, batch_size=2)
    assert run_chunk._cache_size() == before


def test_temporaries_are_those_of_a_batch():
    gan = tucker_gan()

    def temporaries(num_images):
        compiled = run_chunk.lower(
            gan,
            {"layer": {"scatter": stats.zero_scatter(*SIZE)}},
            None,
            KEY,
            jnp.int32(0),
            jnp.int32(num_images // 50),
            jnp.int32(num_images),
            batch_size=50,
            mesh=None,
        ).compile()
        return compiled.memory_analysis().temp_size_in_bytes

    activations = 4 * 50 * np.prod(SIZE)
    assert temporaries(100) == temporaries(100_000) < 20 * activations


@pytest.mark.parametrize("fit", ["decomposition", "regression", "pca"])
def test_what_is_not_finite_is_refused_with_layer_and_batch(fit):
    gan = tucker_gan()
    z = np.asarray(gan.sample_latents(400, key=KEY).z[:, 0])
    highest = z[:100].max()
    batch = int(np.argmax(z > highest)) // 10
    assert batch >= 10

    def forward(params, latents, edits=None):
        images, taps = gan.forward(params, latents, edits)
        bad = latents.z[:, :1, None, None] > highest
        return images, {"layer": jnp.where(bad, jnp.nan, taps["layer"])}

    broken = dataclasses.replace(gan, forward=forward)
    sizes = {"num_images": 400, "batch_size": 10, "key": KEY}
    run = {
        "decomposition": lambda: components.mpca(broken, "layer", **sizes),
        "regression": lambda: components.ridge_regression(
            broken,
            "layer",
            components.mpca(gan, "layer", num_images=50, batch_size=10, key=KEY),
            **sizes,
        ),
        "pca": lambda: components.vectorized_pca(
            broken, "layer", num_components=2, **sizes
        ),
    }[fit]
    # PCA splits its key, so its images are others.
    where = "layer" if fit == "pca" else f"'layer'.*batch {batch}"
    with pytest.raises(ValueError, match=where):
        run()


def test_adam_names_the_layer_that_is_not_finite():
    gan = tucker_gan()
    forward = lambda params, latents, edits=None: (
        gan.forward(params, latents, edits)[0],
        {"layer": jnp.full((len(latents.z), *SIZE), jnp.nan)},
    )
    broken = dataclasses.replace(gan, forward=forward)
    weight = components.cp_weight(SIZE, 64, 3, key=jax.random.key(1))
    config = components.AdamConfig(num_steps=5)
    with pytest.raises(ValueError, match="step 0 is not finite.* NaN in layer 'layer'"):
        components.adam_regression(broken, "layer", weight, config=config, key=KEY)
