"""BigGAN against goldens of ajbrock/BigGAN-PyTorch: see tests/golden/make_biggan.py."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.convert import ConversionError, biggan
from jgan.models.biggan import Generator
from jgan.models.latents import Latents
from tests.golden import biggan_cases

# Sums of up to 1152 products in another order differ by about 1e-6 of the largest.
_IMAGE_ATOL = 2e-5
_TAP_RTOL_OF_MAX = 1e-4


_golden_and_arrays = functools.cache(biggan_cases.read)


def _forward(case, arrays):
    config, params = biggan.convert(arrays)
    z, labels = biggan_cases.seeded_latents(case, config.latent_dim)
    latents = Latents(jnp.asarray(z), jnp.asarray(labels, jnp.int32))
    images, taps = jax.jit(Generator(config).apply)(params, latents)
    return {"images": images} | taps


@pytest.mark.parametrize("case", biggan_cases.CASES)
def test_images_and_every_tap_equal_the_reference(case):
    golden, arrays = _golden_and_arrays(case)
    got = _forward(case, arrays)
    layers = {name for name in golden if "/" not in name}
    assert {*got} == layers
    for layer in layers:
        tap = np.asarray(got[layer])
        tap = tap[:, None, None, :] if tap.ndim == 2 else tap
        rows, cols = biggan_cases.kept_pixels(case, layer, tap.shape[1])
        largest = golden[f"{layer}/max"]
        atol = _IMAGE_ATOL if layer == "images" else _TAP_RTOL_OF_MAX * largest
        compare = functools.partial(
            np.testing.assert_allclose, rtol=0, atol=atol, err_msg=f"{case} {layer}"
        )
        compare(tap[:, rows, cols], golden[layer])
        # All other pixels are checked through these two.
        compare(tap.mean((0, 1, 2), dtype=np.float64), golden[f"{layer}/mean"])
        compare(np.abs(tap).max(), largest)


@pytest.mark.parametrize("case", biggan_cases.CASES)
def test_gain_and_bias_of_all_classes_equal_the_reference(case):
    golden, arrays = _golden_and_arrays(case)
    config, params = biggan.convert(arrays)
    z, _ = biggan_cases.seeded_latents(case, config.latent_dim)
    labels = jnp.arange(config.num_classes)
    same = jnp.broadcast_to(jnp.asarray(z[:1]), (len(labels), z.shape[1]))
    wanted = {
        n.removeprefix("classes/"): v for n, v in golden.items() if "classes" in n
    }

    @jax.jit
    def factors(params):
        _, taps = Generator(config).apply(params, Latents(same, labels))
        return {name: taps[name] for name in wanted}

    got = factors(params)
    assert len(got) == 4 * len(config.units_out)
    for name, want in wanted.items():
        # Sums of up to 14 products.
        np.testing.assert_allclose(got[name], want, rtol=0, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("case", biggan_cases.CASES)
def test_goldens_vary_over_the_image_and_are_not_saturated(case):
    golden, _ = _golden_and_arrays(case)
    images = golden["images"]
    # Within a color, too: colors that differ but do not vary would hide errors.
    assert images.std() >= 0.3
    assert np.sqrt(np.mean(images.var(axis=(0, 1)))) >= 0.3
    assert np.mean(np.abs(images) > 0.99) < 0.5


@pytest.mark.parametrize("case", biggan_cases.CASES)
def test_sizes_are_read_off_the_arrays(case):
    _, arrays = _golden_and_arrays(case)
    config, _ = biggan.convert(arrays)
    options = biggan_cases.reference_options(case)
    attention = {int(side) for side in options["G_attn"].split("_")} - {0}
    assert config.resolution == options["resolution"]
    assert config.width == options["G_ch"]
    assert config.num_classes == options["n_classes"]
    assert config.shared_dim == (options["shared_dim"] if options["G_shared"] else None)
    assert config.hierarchical == options.get("hier", False)
    assert {*config.attention} == attention


def _renamed(arrays, *, mean, variance, counter=None):
    """The layout in which the statistics sit in a module of their own."""
    moved = {}
    for name, array in arrays.items():
        prefix, _, leaf = name.rpartition(".")
        if leaf == "stored_mean":
            moved[f"{prefix}.bn.{mean}"] = array
            if counter is not None:
                moved[f"{prefix}.bn.accumulation_counter"] = counter
        elif leaf == "stored_var":
            moved[f"{prefix}.bn.{variance}"] = array
        else:
            moved[name] = array
    return moved


def _assert_same_params(got, want, *, rtol=0.0):
    for (path, g), (_, w) in zip(
        jax.tree_util.tree_leaves_with_path(got),
        jax.tree_util.tree_leaves_with_path(want),
        strict=True,
    ):
        np.testing.assert_allclose(g, w, rtol=rtol, err_msg=jax.tree_util.keystr(path))


def test_cross_replica_statistics_are_those_of_the_plain_layout():
    _, arrays = _golden_and_arrays("64_hier")
    moved = _renamed(arrays, mean="running_mean", variance="running_var")
    moved["output_layer.0.bn.num_batches_tracked"] = np.int64(7)
    assert moved.keys() != arrays.keys()
    _assert_same_params(biggan.convert(moved)[1], biggan.convert(arrays)[1])


def test_standing_statistics_are_divided_by_their_counter():
    _, arrays = _golden_and_arrays("64_hier")
    sums = {
        n: 16 * a if n.endswith(("stored_mean", "stored_var")) else a
        for n, a in arrays.items()
    }
    names = {"mean": "stored_mean", "variance": "stored_var"}
    moved = _renamed(sums, **names, counter=np.full(1, 16, np.float32))
    _assert_same_params(biggan.convert(moved)[1], biggan.convert(arrays)[1], rtol=1e-6)


def test_a_network_without_spectral_norm_keeps_its_weights():
    _, arrays = _golden_and_arrays("64_hier")
    plain = {n: a for n, a in arrays.items() if not n.endswith((".u0", ".sv0"))}
    _, params = biggan.convert(plain)
    kernel = params["params"]["block1"]["conv2"]["kernel"]
    weight = plain["blocks.1.0.conv2.weight"]
    np.testing.assert_array_equal(kernel, weight.transpose(2, 3, 1, 0))


def test_half_precision_is_rounded_once():
    _, arrays = _golden_and_arrays("64_hier")
    half = {n: a.astype(np.float16) for n, a in arrays.items()}
    wide = {n: a.astype(np.float32) for n, a in half.items()}
    _assert_same_params(biggan.convert(half)[1], biggan.convert(wide)[1])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda a: a.pop("blocks.2.0.bn1.bias.weight"), "no blocks.2.0.bn1.bias.we"),
        (lambda a: a.pop("blocks.2.0.conv1.bias"), "block2/conv1/bias: nothing"),
        (lambda a: a.update({"blocks.0.0.extra": np.zeros(3)}), "extra"),
        (lambda a: a.pop("linear.weight"), "no linear.weight"),
        (
            lambda a: a.update({"linear.weight": np.zeros(3)}),
            "linear.u0.*weight is .3,",
        ),
        (lambda a: a.update({"shared.weight": np.zeros(3)}), "not 2 axes"),
        (
            lambda a: a.update(
                {"blocks.1.0.conv2.weight": np.zeros((16, 64, 3, 3), np.float32)}
            ),
            "blocks.1.0.conv2.u0",
        ),
        (
            lambda a: a["blocks.1.0.conv2.weight"].fill(0),
            "spectral norm is 0",
        ),
        (lambda a: a["output_layer.2.bias"].fill(np.nan), "NaN"),
        (lambda a: a.update({"output_layer.2.bias": np.zeros(3, complex)}), "complex"),
        (
            lambda a: [a.pop(n) for n in [*a] if n.startswith("blocks.3")],
            "not fit|multiple|chunks|shape",
        ),
        (lambda a: a.update({"linear.u0": np.zeros((1, 3))}), "linear.u0"),
        (lambda a: a.pop("blocks.1.0.conv2.u0"), "no blocks.1.0.conv2.u0"),
        (
            lambda a: [a.pop(f"blocks.1.0.conv2.{n}") for n in ("u0", "sv0")],
            "no blocks.1.0.conv2.u0",
        ),
        (lambda a: a.update({"nothing.sv0": np.zeros(1)}), "no nothing.weight"),
        (
            lambda a: a.update({"output_layer.0.bn.running_mean": np.zeros(16)}),
            "both output_layer.0.stored_mean",
        ),
        (lambda a: a["blocks.0.0.bn1.stored_var"].fill(-1), "negative"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(change, complaint):
    _, arrays = _golden_and_arrays("64_hier")
    broken = {name: array.copy() for name, array in arrays.items()}
    change(broken)
    with pytest.raises(ConversionError, match=complaint):
        biggan.convert(broken)
