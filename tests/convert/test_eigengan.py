"""EigenGAN against goldens of its PyTorch port and of the official code in TensorFlow.

See make_eigengan.py and make_eigengan_official.py.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.convert import ConversionError, convert_checkpoint, eigengan
from jgan.convert.readers import read_checkpoint
from jgan.models.eigen_latents import EigenLatents
from jgan.models.eigengan import Config, Generator
from tests.golden import eigengan_cases as cases

# Sums of products in another order, of the largest number of a tap. The images have
# passed a hyperbolic tangent.
_TAP_RTOL_OF_MAX = 2e-5
_IMAGE_ATOL = 2e-5

_read = functools.cache(cases.read)
_UNITS = {"port_32": (12, 12, 8, 4), "port_64": (32, 24, 12, 6, 3)}


def _assert_equal(golden, config, params, latents):
    images, taps = jax.jit(Generator(config).apply)(params, latents)
    assert {*taps} == {*golden} - {"images"}
    np.testing.assert_allclose(images, golden["images"], rtol=0, atol=_IMAGE_ATOL)
    for layer, tap in taps.items():
        atol = _TAP_RTOL_OF_MAX * abs(golden[layer]).max()
        np.testing.assert_allclose(tap, golden[layer], rtol=0, atol=atol)


@pytest.mark.parametrize("case", cases.PORT)
def test_images_and_every_tap_equal_the_port(case):
    golden, arrays = _read(case)
    config, params = eigengan.convert(arrays)
    options = cases.PORT[case]
    dims = (options["n_basis"],) * (len(_UNITS[case]) - 1)
    noise_dim = options["noise_dim"]
    assert config == Config(
        units=_UNITS[case], dims=dims, noise_dim=noise_dim, padding="pytorch"
    )
    latents = EigenLatents(
        *map(jnp.asarray, cases.seeded_latents(case, dims, noise_dim))
    )
    _assert_equal(golden, config, params, latents)


def test_padding_matters():
    golden, arrays = _read("port_32")
    config, params = eigengan.convert(arrays)
    latents = EigenLatents(*cases.seeded_latents("port_32", config.dims, 10))
    wrong = Config(units=config.units, dims=config.dims, noise_dim=10)
    images, _ = jax.jit(Generator(wrong).apply)(params, latents)
    assert abs(images - golden["images"]).max() > 0.1


def test_a_checkpoint_of_the_port_is_found_by_its_average(tmp_path):
    _, arrays = _read("port_32")
    other = {name: 2 * array for name, array in arrays.items()}
    np.savez(tmp_path / "ffhq.npz", **arrays)
    gan = convert_checkpoint(tmp_path / "ffhq.npz")
    assert (gan.family, gan.resolution, gan.num_classes) == ("eigengan", 32, 0)
    assert [*gan.layers] == [f"{n}{i}" for i in (1, 2, 3) for n in ("phi", "feature")]
    assert gan.layers["phi3"] == (16, 16, 8)
    assert gan.layers["feature3"] == (32, 32, 4)
    from jgan.convert import checkpoint

    discriminator = {"blocks.0.0.weight": np.ones((3, 4, 7, 7))}
    content = {"g": other, "d": discriminator, "g_ema": arrays, "step": 3}
    found = checkpoint.find_generator(content)
    assert found.family == "eigengan"
    np.testing.assert_array_equal(found.arrays["fc.bias"], arrays["fc.bias"])


@pytest.mark.parametrize("case", cases.OFFICIAL)
def test_images_and_every_tap_equal_the_official_code(case):
    folder = cases.FOLDER / f"eigengan_{case}"
    with np.load(folder / "outputs.npz") as outputs:
        golden = dict(outputs)
    gan = convert_checkpoint(folder / "checkpoints" / "ckpt-7.index")
    options = cases.OFFICIAL[case]
    assert gan.config.dims == options["z_dims"]
    assert gan.config.noise_dim == options["eps_dim"]
    assert gan.config.padding == "tensorflow"
    assert gan.config.exact == options["exact"]
    latents = EigenLatents(
        *cases.seeded_latents(case, options["z_dims"], options["eps_dim"])
    )
    _assert_equal(golden, gan.config, gan.params, latents)


def test_of_a_tensorflow_checkpoint_the_average_is_taken(tmp_path):
    index = cases.FOLDER / "eigengan_official_16" / "checkpoints" / "ckpt-7.index"
    variables = read_checkpoint(index)
    average, copy, trained = (
        variables[name] for name in ("G/L_0/G_ema:0", "G_test/L_0:0", "G/L_0:0")
    )
    assert abs(average - trained).max() > 1e-3 < abs(copy - trained).max()
    take = lambda kept: eigengan.convert(
        {name: array for name, array in variables.items() if kept(name)}
    )[1]["params"]["subspace1"]["importance"]
    np.testing.assert_array_equal(take(lambda name: True), average)
    np.testing.assert_array_equal(take(lambda name: "G_ema" not in name), copy)
    only = take(lambda name: "G_ema" not in name and not name.startswith("G_test"))
    np.testing.assert_array_equal(only, trained)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda a: a.pop("to_rgb.0.1.weight"), "lacks 'to_rgb.0.1.weight'"),
        (lambda a: a.pop("blocks.1.projection.L"), "subspace2/importance: nothing"),
        (lambda a: a.update(extra=np.ones(3)), "extra .*no rule"),
        (
            lambda a: a.update({"blocks.0.projection.U": np.ones((3, 100))}),
            r"blocks.0.projection.U: shape \(3, 100\) does not become",
        ),
        (lambda a: a.update({"fc.bias": np.full(192, np.nan)}), "NaN"),
        (lambda a: a.update({"fc.weight": np.ones(())}), "not those of an EigenGAN"),
    ],
)
def test_what_is_no_such_generator_is_refused(change, complaint):
    arrays = dict(_read("port_32")[1])
    change(arrays)
    with pytest.raises(ConversionError, match=complaint):
        eigengan.convert(arrays)


def test_classes_are_refused():
    with pytest.raises(ConversionError, match="no classes, and not 3"):
        eigengan.convert(_read("port_32")[1], num_classes=3)
