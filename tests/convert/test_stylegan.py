"""StyleGAN against goldens of genforce: see make_stylegan.py."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.convert import ConversionError, convert_checkpoint, stylegan
from jgan.models.style_latents import StyleLatents
from jgan.models.stylegan import Config, Generator
from tests.golden import stylegan_cases as cases

# Of the largest number of a tap, or of an image. 6e-6 was seen: a normalization
# divides by what a unit varies, which may be less than it is, in every layer.
_RTOL_OF_MAX = 2e-5

_read = functools.cache(cases.read)


@functools.cache
def _generator(case):
    config, params = stylegan.convert(_read(case)[1])
    return config, params, jax.jit(Generator(config).apply)


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


@pytest.mark.parametrize("control", cases.CONTROLS, ids=str)
@pytest.mark.parametrize("case", cases.CASES)
def test_images_and_every_tap_equal_the_reference(case, control):
    golden, _ = _read(case)
    _, params, forward = _generator(case)
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


def test_sizes_are_read_off_the_arrays():
    config, _, _ = _generator("32_classes")
    assert config == Config(
        units=(16, 16, 16, 8),
        latent_dim=12,
        w_dim=10,
        num_classes=5,
        embed_dim=12,
        mapping_layers=3,
        mapping_units=11,
    )
    assert (config.resolution, config.num_w) == (32, 8)
    assert _generator("256")[0].num_classes == 0


def test_fresh_noise_is_of_its_key(new_key):
    _, params, forward = _generator("32_classes")
    latents = _latents("32_classes", (1.0, None, 1.0))
    keys = jax.random.split(new_key(), 2)
    images = lambda latents: forward(params, latents)[0]
    fresh = images(latents._replace(noise_key=keys))
    assert not np.allclose(fresh, images(latents), atol=0.01)
    assert not np.allclose(
        fresh, images(latents._replace(noise_key=keys[::-1])), atol=0.01
    )
    silent = latents._replace(noise=jnp.zeros(2))
    np.testing.assert_allclose(
        images(silent._replace(noise_key=keys)), images(silent), rtol=0, atol=1e-5
    )


def test_a_file_is_recognized(tmp_path):
    _, arrays = _read("32_classes")
    np.savez(tmp_path / "car.npz", **arrays)
    gan = convert_checkpoint(tmp_path / "car.npz", class_names=tuple("abcde"))
    assert (gan.family, gan.resolution, gan.num_classes) == ("stylegan", 32, 5)
    assert [*gan.layers][:3] == ["b4.conv0", "b4.conv1", "b8.conv0"]
    assert gan.layers["b32.conv1"] == (32, 32, 8)


def _changed(name, change):
    return lambda arrays: arrays.update({name: np.asarray(change(arrays[name]))})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.pop("synthesis.layer0.const"), r"lacks synthesis\.layer0\.const"),
        (lambda a: a.pop("mapping.dense1.weight"), r"dense2.* the model has no|fit"),
        (lambda a: a.pop("synthesis.layer3.weight"), "1 resolutions of units"),
        (lambda a: a.pop("synthesis.layer2.bias"), "b8/conv0/bias: nothing to fill"),
        (_changed("synthesis.lod", lambda a: a + 1), r"synthesis\.lod is 1"),
        (_changed("synthesis.lod", lambda a: a + np.nan), r"synthesis\.lod is nan"),
        (
            _changed("synthesis.layer4.blur.kernel", lambda a: a * 2),
            r"layer4\.blur\.kernel, of shape \(16, 1, 3, 3\), is not the filter",
        ),
        (
            _changed("synthesis.layer4.blur.kernel", lambda a: a * np.nan),
            "is not the filter",
        ),
        (
            # Noise of each unit instead of each pixel: another generator.
            _changed("synthesis.layer1.apply_noise.weight", lambda a: np.ones((4, 4))),
            r"apply_noise\.weight: shape \(4, 4\) gives",
        ),
        (
            _changed("truncation.w_avg", lambda a: np.tile(a, 8)),
            r"w_avg: shape \(80,\) gives",
        ),
        (_changed("mapping.dense0.weight", lambda a: a[0]), "it has 2 axes"),
        (_changed("synthesis.layer1.weight", lambda a: a[:0]), "not positive"),
        (lambda a: a.update(w=np.ones(2)), r"w \(2,\): no rule"),
        (
            _changed("synthesis.layer5.bias", lambda a: a / 0),
            "holds NaN or infinity",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:(divide by zero|invalid value):RuntimeWarning")
def test_what_is_no_stylegan_is_refused(change, message):
    arrays = dict(_read("32_classes")[1])
    change(arrays)
    with pytest.raises(ConversionError, match=message):
        stylegan.convert(arrays)


def test_another_number_of_classes_is_refused():
    with pytest.raises(ConversionError, match="has 5 classes, not 3"):
        stylegan.convert(_read("32_classes")[1], num_classes=3)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"units": (4,)}, "1 resolutions of units; a StyleGAN has 2 to 9"),
        ({"units": (4,) * 10}, "10 resolutions"),
        ({"units": (4, 0)}, "not positive"),
        ({"latent_dim": 2**31}, r"below 2\*\*31"),
        ({"num_classes": -1}, "not positive"),
        ({"mapping_layers": 65}, "mapping_layers is 65"),
        ({"mapping_lr_multiplier": float("nan")}, "mapping_lr_multiplier is nan"),
    ],
)
def test_sizes_that_cannot_be_are_refused(field, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(Config(), **field)


def test_the_published_sizes_are_the_default():
    assert (Config().resolution, Config().num_w) == (256, 14)
