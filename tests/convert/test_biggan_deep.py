"""BigGAN-deep against goldens of pytorch-pretrained-biggan: see make_biggan_deep.py."""

import dataclasses
import functools
import json
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy

from jgan.convert import (
    ConversionError,
    biggan_deep,
    convert_checkpoint,
    load_folder,
    save,
)
from jgan.models.biggan_deep import Config, Generator, statistics_mix
from jgan.models.latents import Latents
from tests.golden import biggan_deep_cases as cases

# As for BigGAN: sums of products in another order.
_IMAGE_ATOL = 2e-5
_TAP_RTOL_OF_MAX = 1e-4
# Of factors of some units, which are sums of 24 products.
_FACTOR_ATOL = 1e-5

_golden_and_arrays = functools.cache(cases.read)


@functools.cache
def _generator(case):
    _, arrays = _golden_and_arrays(case)
    config, params = biggan_deep.convert(
        arrays, description=cases.reference_config(case)
    )
    return config, params, jax.jit(Generator(config).apply)


@pytest.mark.parametrize(
    ("case", "truncation"),
    [(case, t) for case, truncations in cases.TRUNCATIONS.items() for t in truncations],
)
def test_images_and_every_tap_equal_the_reference(case, truncation):
    golden, _ = _golden_and_arrays(case)
    _, params, forward = _generator(case)
    z, labels = cases.seeded_latents(case)
    kept = jnp.full((len(z),), truncation, jnp.float32)
    latents = Latents(jnp.asarray(z), jnp.asarray(labels, jnp.int32), kept)
    images, taps = forward(params, latents)
    got = {"images": images} | taps
    start = f"{truncation}/"
    names = [name.removeprefix(start) for name in golden if name.startswith(start)]
    layers = {name for name in names if "/" not in name}
    assert {*got} == layers
    for layer in layers:
        tap = np.asarray(got[layer])
        tap = tap[:, None, None, :] if tap.ndim == 2 else tap
        rows, cols = cases.kept_pixels(case, layer, tap.shape[1])
        largest = golden[f"{start}{layer}/max"]
        atol = _IMAGE_ATOL if layer == "images" else _TAP_RTOL_OF_MAX * largest
        compare = functools.partial(
            np.testing.assert_allclose, rtol=0, atol=atol, err_msg=f"{case} {layer}"
        )
        compare(tap[:, rows, cols], golden[f"{start}{layer}"])
        # All other pixels are checked through these two.
        compare(tap.mean((0, 1, 2), dtype=np.float64), golden[f"{start}{layer}/mean"])
        compare(np.abs(tap).max(), largest)


@pytest.mark.parametrize("case", cases.CASES)
def test_gain_and_bias_of_all_classes_equal_the_reference(case):
    golden, _ = _golden_and_arrays(case)
    _, params, forward = _generator(case)
    z, _ = cases.seeded_latents(case)
    labels = jnp.arange(cases.NUM_CLASSES)
    same = jnp.broadcast_to(jnp.asarray(z[:1]), (len(labels), z.shape[1]))
    _, taps = forward(params, Latents(same, labels, jnp.ones((len(labels),))))
    names = [n.removeprefix("classes/") for n in golden if n.startswith("classes/")]
    assert {*names} == {n for n in taps if n.endswith((".gain", ".bias"))}
    for name in names:
        np.testing.assert_allclose(
            taps[name], golden[f"classes/{name}"], rtol=0, atol=_FACTOR_ATOL
        )


def test_the_truncations_of_a_batch_may_differ():
    config, params, forward = _generator("128")
    z, labels = cases.seeded_latents("128")
    draw = lambda kept: forward(
        params,
        Latents(jnp.asarray(z), jnp.asarray(labels, jnp.int32), jnp.asarray(kept)),
    )[0]
    both = draw([0.4, 1.0])
    for image, truncation in enumerate((0.4, 1.0)):
        alone = draw([truncation, truncation])[image]
        np.testing.assert_allclose(both[image], alone, rtol=0, atol=_IMAGE_ATOL)
    untold = forward(params, Latents(jnp.asarray(z), jnp.asarray(labels, jnp.int32)))
    # Another program, which may round otherwise.
    np.testing.assert_allclose(untold[0], draw([1.0, 1.0]), rtol=0, atol=_IMAGE_ATOL)
    assert np.isnan(draw([0.4, 1.5])[1]).all()
    assert config.num_statistics == 51


def _reference_mix(truncation):
    """The weights as float64 division by the size of a step gives them."""
    place = truncation / (1.0 / 50)
    part, lower = np.modf(place)
    mix = np.zeros(51)
    mix[int(lower)] += part if part else 1.0
    if part:
        mix[int(lower) + 1] += 1 - part
    return mix


def test_statistics_are_mixed_as_the_reference_does():
    steps = [number / 50 for number in range(51)]
    between = [0.005, 0.113, 0.405, 0.7301, 0.999]
    kept = jnp.asarray(steps + between, jnp.float32)
    got = statistics_mix(kept, Config())
    want = [_reference_mix(truncation) for truncation in steps + between]
    # Of a truncation in float32, fifty times 6e-8 is lost.
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-5)
    # Where its division leaves a remainder, the reference takes a neighbor.
    beside = [0.14, 0.28, 0.56, 0.58, 0.94]
    moved = [s for s, row in zip(steps, want, strict=False) if row[round(s * 50)] < 0.5]
    assert moved == beside


def test_statistics_are_interpolated_on_request():
    kept = jnp.asarray([0.0, 0.405, 0.58, 0.993, 1.0], jnp.float32)
    mix = statistics_mix(kept, Config(swap_statistics=False))
    np.testing.assert_allclose(mix @ (jnp.arange(51.0) / 50), kept, atol=1e-6)
    np.testing.assert_allclose(mix[1, 20:22], [0.75, 0.25], atol=1e-5)
    assert (np.asarray(mix > 0).sum(axis=1) == [1, 2, 1, 2, 1]).all()


@pytest.mark.parametrize("case", cases.CASES)
def test_sizes_are_read_off_the_arrays(case):
    config, *_ = _generator(case)
    assert config == Config(
        resolution=cases.CASES[case][0],
        width=cases.CASES[case][1],
        latent_dim=cases.LATENT,
        shared_dim=cases.LATENT,
        num_classes=cases.NUM_CLASSES,
    )


@pytest.mark.parametrize("name", ["pytorch_model.bin", "biggan-pytorch_model.bin"])
def test_a_file_is_read_with_the_config_beside_it(tmp_path, name):
    _, arrays = _golden_and_arrays("128")
    file = tmp_path / name
    safetensors.numpy.save_file(arrays, file)
    beside = file.with_name(name.replace("pytorch_model.bin", "config.json"))
    described = cases.reference_config("128") | {"eps": 1e-5}
    beside.write_text(json.dumps(described))
    gan = convert_checkpoint(file)
    assert gan.family == "biggan-deep"
    assert gan.config.batch_norm_eps == 1e-5
    assert gan.conditional_layers[:2] == ("block0.act1", "block0.act2")
    assert len(gan.conditional_layers) == 40
    latents = gan.sample_latents(2, truncation=0.4, key=jax.random.key(0))
    np.testing.assert_array_equal(latents.truncation, np.float32([0.4, 0.4]))
    with pytest.raises(ValueError, match=r"truncation is 1\.2; give finite numbers"):
        gan.sample_latents(1, truncation=1.2, key=jax.random.key(0))
    beside.write_text(json.dumps(described | {"channel_width": 7, "n_stats": 50}))
    with pytest.raises(ConversionError, match=r"channel_width: 7.*\n.*n_stats: 50"):
        convert_checkpoint(file)
    beside.write_text(json.dumps(described | {"eps": 10**400}))
    with pytest.raises(ConversionError, match="eps is beyond any float"):
        convert_checkpoint(file)
    beside.write_text("{")
    with pytest.raises(ConversionError, match=r"config\.json is not JSON"):
        convert_checkpoint(file)


def test_a_saved_generator_is_told_to_interpolate(tmp_path):
    _, arrays = _golden_and_arrays("128")
    safetensors.numpy.save_file(arrays, tmp_path / "pytorch_model.bin")
    gan = convert_checkpoint(tmp_path / "pytorch_model.bin")
    # What the package takes where nothing else is written.
    assert gan.config.batch_norm_eps == 1e-4
    folder = save(gan, tmp_path / "saved")
    described = json.loads((folder / "config.json").read_text())
    described["config"]["swap_statistics"] = False
    (folder / "config.json").write_text(json.dumps(described))
    mended = load_folder(folder)
    assert mended.config == dataclasses.replace(gan.config, swap_statistics=False)
    latents = lambda truncation: gan.sample_latents(
        1, truncation=truncation, key=jax.random.key(0)
    )
    # Both read the same mix at 0.4, so a program for each may not round otherwise.
    forward = jax.jit(
        lambda gan, latents: gan.forward(gan.params, latents)[0],
        compiler_options={"xla_backend_optimization_level": 0},
    )
    draw = lambda gan, truncation: forward(gan, latents(truncation))
    np.testing.assert_array_equal(draw(mended, 0.4), draw(gan, 0.4))
    assert np.abs(draw(mended, 0.405) - draw(gan, 0.405)).max() > 0.01


def _broken(change):
    _, arrays = _golden_and_arrays("128")
    arrays = dict(arrays)
    change(arrays)
    return arrays


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.pop("generator.layers.3.conv_1.weight_u"), "without weight_u"),
        (lambda a: a.pop("generator.layers.3.conv_3.bias"), "9 blocks; BigGAN-deep"),
        (lambda a: a.pop("generator.layers.3.conv_1.bias"), "block3/conv2/bias: noth"),
        (lambda a: a.update(extra=np.ones(1)), "extra .*no rule"),
        (
            lambda a: a.update({"generator.gen_z.weight_v": np.ones(3, np.float32)}),
            r"gen_z: vectors .* of \(2048, 24\)",
        ),
        (
            lambda a: a.update(
                {"generator.gen_z.weight_u": 0 * a["generator.gen_z.weight_u"]}
            ),
            "spectral norm is 0",
        ),
        (
            lambda a: a.update(
                {"generator.bn.running_vars": -a["generator.bn.running_vars"]}
            ),
            "is a variance",
        ),
        (
            lambda a: [a.pop(n) for n in [*a] if "snconv1x1_theta" in n],
            r"attention at layers \[\]",
        ),
    ],
)
def test_what_is_no_biggan_deep_is_refused(change, message):
    with pytest.raises(ConversionError, match=message):
        biggan_deep.convert(_broken(change))


def test_attention_that_comes_a_block_late_is_refused():
    # Shapes fit there, too.
    _, arrays = _golden_and_arrays("128")
    other = lambda found: f"layers.{17 - int(found[1])}."
    moved = {re.sub(r"layers\.([89])\.", other, n): x for n, x in arrays.items()}
    with pytest.raises(ConversionError, match=r"attention at layer 9; .* it at 8"):
        biggan_deep.convert(moved)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"resolution": 64}, "resolution is 64; BigGAN-deep has"),
        ({"width": 6}, r"width is 6; it is a multiple of 4 from 4 to 65532"),
        ({"width": 65536}, "width is 65536; it is a multiple of 4 from 4 to 65532"),
        ({"num_statistics": 1}, "num_statistics is 1; there are 2 to 65535"),
        ({"num_statistics": 70_000}, "num_statistics is 70000; there are 2 to 65535"),
        ({"latent_dim": 0}, "latent_dim 0"),
        ({"batch_norm_eps": 0.0}, "batch_norm_eps is 0.0; it is above 0"),
    ],
)
def test_sizes_that_cannot_be_are_refused(field, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(Config(), **field)


def test_other_families_take_no_truncation_with_their_latents():
    from tests.generators import make_gan

    gan = make_gan("biggan")
    latents = gan.sample_latents(2, truncation=0.5, key=jax.random.key(0))
    assert latents.truncation is None
    told = latents._replace(truncation=jnp.full((2,), 0.5))
    with pytest.raises(ValueError, match="no statistics of truncations"):
        gan.forward(gan.params, told)
    config, params, forward = _generator("128")
    wrong = Latents(jnp.zeros((2, config.latent_dim)), jnp.zeros(2, int), jnp.ones(3))
    with pytest.raises(ValueError, match=r"latents\.truncation has shape \(3,\)"):
        forward(params, wrong)
