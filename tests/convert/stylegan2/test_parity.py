"""StyleGAN2 against goldens of three repositories: see make_stylegan2.py."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.convert import stylegan2
from jgan.models.style_latents import StyleLatents
from jgan.models.stylegan2 import Generator
from tests.golden import stylegan2_cases as cases

# Of the largest number of a tap, or of an image. Sums of up to 4,608 products in
# another order; 3e-6 was seen.
_RTOL_OF_MAX = 1e-5

_read = functools.cache(cases.read)


def convert(case):
    """Config and parameters of a case, from its arrays as its file would hold them."""
    _, arrays = _read(case)
    arrays = dict(arrays)
    sizes = cases.CASES[case].sizes
    context = {"persistent": {"init_kwargs": sizes}}
    if "latent_avg" in arrays:
        context = {"latent_avg": arrays.pop("latent_avg")}
    return stylegan2.convert(arrays, context=context)


@functools.cache
def _generator(case):
    config, params = convert(case)
    return params, jax.jit(Generator(config).apply)


def _latents(case, control):
    psi, cutoff, noise = control
    z, labels = cases.seeded_latents(case)
    batch = lambda value, dtype: jnp.full((len(z),), value, dtype)
    return StyleLatents(
        jnp.asarray(z),
        None if labels is None else jnp.asarray(labels, jnp.int32),
        batch(psi, jnp.float32),
        # A hundred is all, and the same program as fewer.
        batch(100 if cutoff is None else cutoff, jnp.int32),
        batch(noise, jnp.float32),
    )


@pytest.mark.parametrize(
    ("case", "control"),
    [
        (name, control)
        for name, case in cases.CASES.items()
        for control in case.controls
    ],
    ids=str,
)
def test_images_and_every_tap_equal_the_reference(case, control):
    golden, _ = _read(case)
    params, forward = _generator(case)
    images, taps = forward(params, _latents(case, control))
    got = {"images": images} | taps
    start = cases.place(control, "")
    names = [name.removeprefix(start) for name in golden if name.startswith(start)]
    assert {*got} == {name for name in names if "/" not in name}
    for layer, tap in got.items():
        tap = np.asarray(tap)
        largest = golden[f"{start}{layer}/max"]
        compare = functools.partial(
            np.testing.assert_allclose,
            rtol=0,
            atol=_RTOL_OF_MAX * largest,
            err_msg=layer,
        )
        where = cases.kept_pixels(case, layer, tap.shape)
        compare(tap[(slice(None), *where)], golden[f"{start}{layer}"])
        # All other pixels are checked through these two.
        axes = tuple(range(tap.ndim - 1))
        compare(tap.mean(axes, dtype=np.float64), golden[f"{start}{layer}/mean"])
        compare(np.abs(tap).max(), largest)


def test_what_is_not_asked_for_is_as_the_generator_was_trained():
    params, forward = _generator("nvidia_resnet")
    said = _latents("nvidia_resnet", (1.0, None, 1.0))
    images, _ = forward(params, said)
    # Another program, which may round otherwise.
    silent, _ = forward(params, said._replace(psi=None, noise=None))
    np.testing.assert_allclose(silent, images, rtol=0, atol=1e-5)


def test_the_controls_of_a_batch_may_differ():
    params, forward = _generator("nvidia_skip")
    first = _latents("nvidia_skip", (1.0, 14, 1.0))
    second = _latents("nvidia_skip", (0.5, 3, 0.0))
    mixed = jax.tree.map(lambda a, b: jnp.stack([a[0], b[1]]), first, second)
    images, _ = forward(params, mixed)
    for image, latents in enumerate((first, second)):
        alone, _ = forward(params, latents)
        np.testing.assert_allclose(images[image], alone[image], rtol=0, atol=1e-5)


def test_fresh_noise_is_of_its_key_and_of_its_layer(new_key):
    params, forward = _generator("nvidia_skip")
    latents = _latents("nvidia_skip", (1.0, None, 1.0))
    keys = jax.random.split(new_key(), 2)
    draw = lambda latents: forward(params, latents)[1]
    stored, fresh = draw(latents), draw(latents._replace(noise_key=keys))
    again = draw(latents._replace(noise_key=keys[::-1]))
    swapped = draw(latents._replace(noise_key=keys[::-1], z=latents.z[::-1]))
    for name, tap in fresh.items():
        # Elsewhere in a batch an image may round otherwise.
        np.testing.assert_allclose(tap, swapped[name][::-1], rtol=0, atol=1e-4)
        if ".conv" in name:
            assert not np.allclose(tap, stored[name])
            assert not np.allclose(tap, again[name])
    # Without noise, its key is nothing.
    silent = latents._replace(noise=jnp.zeros(2))
    for name, tap in draw(silent._replace(noise_key=keys)).items():
        np.testing.assert_allclose(tap, draw(silent)[name], rtol=0, atol=1e-5)


def test_fresh_noise_is_normal_of_the_trained_strength_and_another_in_each_layer(
    new_key,
):
    params, forward = _generator("nvidia_skip")
    # Without kernels and biases nothing but noise is left.
    zeros = ("kernel", "bias")
    only = jax.tree_util.tree_map_with_path(
        lambda path, leaf: 0 * leaf if path[-1].key in zeros else jnp.asarray(leaf),
        params,
    )
    one = jax.tree.map(lambda a: a[:1], _latents("nvidia_skip", (1.0, None, 1.0)))
    many = jax.tree.map(lambda a: jnp.broadcast_to(a, (64, *a.shape[1:])), one)
    _, taps = forward(only, many._replace(noise_key=jax.random.split(new_key(), 64)))
    noises = {}
    for block, layer in (name.split(".") for name in taps if ".conv" in name):
        tap = np.asarray(taps[f"{block}.{layer}"])
        # All units of a pixel get the same.
        np.testing.assert_array_equal(tap, tap[..., :1] + 0 * tap)
        biased = np.where(tap < 0, tap / 0.2, tap)[..., 0] / 2**0.5
        strength = float(params["params"][block][layer]["noise_strength"])
        noises[block, layer] = noise = biased / strength
        # Five standard errors of a deviation and of a mean.
        assert noise.std() == pytest.approx(1, abs=5 / (2 * noise.size) ** 0.5)
        assert abs(noise.mean()) < 5 / noise.size**0.5
        assert not np.allclose(noise[0], noise[1], atol=0.1)
    for block, layer in noises:
        if layer == "conv0":
            pair = noises[block, "conv0"], noises[block, "conv1"]
            assert (
                abs(np.corrcoef(*map(np.ravel, pair))[0, 1]) < 5 / pair[0].size ** 0.5
            )
