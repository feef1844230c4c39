"""One network under the names of each repository, and the way back to those names."""

import dataclasses
import functools

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy

from jgan.convert import convert_checkpoint, export_checkpoint, stylegan2
from jgan.convert._torch_writer import write_torch
from jgan.convert.assemble import expected_params
from jgan.convert.readers import read_checkpoint
from jgan.models.stylegan2 import make_mapping
from tests.convert.stylegan2 import networks
from tests.convert.stylegan2.test_parity import convert as convert_case
from tests.golden import stylegan2_cases as cases

_read = functools.cache(cases.read)


def _write(naming, arrays, path):
    """Writes a state dict in the kind of file that the repository has it in."""
    arrays = dict(arrays)
    if naming == "nvidia":
        # Of a network pickle, the state dict saved by itself.
        safetensors.numpy.save_file(arrays, path)
    elif naming == "rosinality":
        mean = arrays.pop("latent_avg")
        write_torch({"g_ema": arrays, "latent_avg": mean}, path)
    else:
        half = {name: np.asarray(array / 2) for name, array in arrays.items()}
        write_torch({"generator": half, "generator_smooth": arrays}, path)


def test_one_network_in_every_format_is_one_network(tmp_path):
    gan = networks.random_gan()
    export_checkpoint(gan, tmp_path / "own.safetensors")
    for naming in ("nvidia", "rosinality", "genforce"):
        arrays = networks.arrays_of(gan.config, gan.params, naming)
        _write(naming, arrays, tmp_path / naming)
    paths = sorted(tmp_path.iterdir())
    assert len(paths) == 4
    for path in paths:
        again = convert_checkpoint(path)
        chex.assert_trees_all_equal(again.params, gan.params)
        assert again.config == gan.config, path
        assert again.layers == gan.layers
        own = export_checkpoint(again, path.with_name(f"{path.stem}-again.safetensors"))
        back = convert_checkpoint(own)
        chex.assert_trees_all_equal(back.params, gan.params)
        assert (back.config, back.name) == (gan.config, again.name)


@pytest.mark.parametrize(
    ("naming", "architecture", "num_classes"),
    [("nvidia", "resnet", 0), ("nvidia", "skip", 4), ("genforce", "orig", 0)],
)
def test_what_not_every_repository_has_comes_back_too(
    naming, architecture, num_classes, tmp_path
):
    config = dataclasses.replace(
        networks.CONFIG, architecture=architecture, num_classes=num_classes
    )
    gan = networks.random_gan(config)
    _write(naming, networks.arrays_of(config, gan.params, naming), tmp_path / "file")
    again = convert_checkpoint(tmp_path / "file")
    chex.assert_trees_all_equal(again.params, gan.params)
    assert again.config == config


def test_no_format_but_the_own_says_how_it_is_computed(tmp_path):
    # A bare state dict has no arguments, so no clamp; none has the precision.
    config = dataclasses.replace(networks.CONFIG, clamp=9.0, num_bfloat16=1)
    gan = networks.random_gan(config)
    for naming in ("nvidia", "rosinality", "genforce"):
        arrays = networks.arrays_of(config, gan.params, naming)
        _write(naming, arrays, tmp_path / naming)
        again = convert_checkpoint(tmp_path / naming)
        chex.assert_trees_all_equal(again.params, gan.params)
        assert again.config == networks.CONFIG
    own = export_checkpoint(gan, tmp_path / "own.safetensors")
    assert convert_checkpoint(own).config == config


@pytest.mark.parametrize("case", cases.CASES)
def test_names_and_numbers_are_written_as_the_reference_has_them(case):
    arrays = dict(_read(case)[1])
    naming = cases.CASES[case].source
    config, params = convert_case(case)
    got = networks.arrays_of(config, params, naming)
    if "mapping.label_weight" in arrays:
        # As a dense layer here, which divides by this root and adds a bias.
        got["mapping.label_weight"] /= np.float32(config.num_classes**0.5)
        assert not got.pop("mapping.label_bias").any()
    filters = {n for n in arrays if n.endswith(("_filter", "kernel"))}
    assert {*got} == {*arrays} - filters
    for name, array in got.items():
        assert array.shape == arrays[name].shape, name
        # Adding 1 and taking it away rounds, as does the root.
        rounded = naming == "genforce" and name.endswith(("style.bias", "label_weight"))
        tolerance = {"rtol": 1e-6, "atol": 3e-7} if rounded else {"rtol": 0}
        np.testing.assert_allclose(array, arrays[name], **tolerance, err_msg=name)


def test_a_file_for_rosinality_has_all_that_its_generator_has():
    # Its load_state_dict is strict: names and shapes of parameters, noise and filters.
    golden, arrays = _read("rosinality")
    content = stylegan2.export(*convert_case("rosinality"))
    mean = arrays["latent_avg"]
    want = {name: array for name, array in arrays.items() if name != "latent_avg"}
    assert {n: a.shape for n, a in content["g_ema"].items()} == {
        name: array.shape for name, array in want.items()
    }
    for name, array in content["g_ema"].items():
        np.testing.assert_array_equal(array, want[name], err_msg=name)
        assert array.dtype == np.float32
    np.testing.assert_array_equal(content["latent_avg"], mean)
    assert {f"filter/{n}" for n in want if "kernel" in n} <= {*golden}


@pytest.mark.torch
def test_torch_loads_a_file_for_rosinality_in_its_safe_mode(tmp_path):
    import torch

    # The narrowest network that the repository has.
    config = dataclasses.replace(networks.CONFIG, units=(512, 512))
    gan = networks.random_gan(config)
    path = export_checkpoint(gan, tmp_path / "file.pt", format="rosinality")
    loaded = torch.load(path, weights_only=True)
    assert [*loaded] == ["g_ema", "latent_avg"]
    want = read_checkpoint(path)
    for name, tensor in loaded["g_ema"].items():
        np.testing.assert_array_equal(tensor.numpy(), want["g_ema"][name])
    again = convert_checkpoint(path)
    chex.assert_trees_all_equal(again.params, gan.params)
    assert again.config == config


@pytest.mark.parametrize("mean", [None, [0.0] * 8, "file"])
def test_without_the_mean_of_w_it_is_computed(mean):
    params = networks.random_params(networks.CONFIG)
    arrays = networks.arrays_of(networks.CONFIG, params, "rosinality")
    del arrays["latent_avg"]
    context = {} if mean is None else {"latent_avg": mean}
    _, got = stylegan2.convert(arrays, context=context)
    mapping = make_mapping(networks.CONFIG)
    z = jax.random.normal(jax.random.key(7), (2**14, 8))
    variables = {"params": jax.tree.map(jnp.asarray, params["params"]["mapping"])}
    w = np.asarray(mapping.apply(variables, z, None))
    # Five standard errors of the mean of 4,096, and of the one here.
    bound = 5 * w.std(axis=0) * (2**-6 + 2**-7)
    assert (abs(got["constants"]["w_avg"] - w.mean(axis=0)) < bound).all()
    # The bound is narrow enough to tell.
    assert (abs(w.mean(axis=0)) > 2 * bound).any()


def test_the_mean_may_keep_an_axis():
    params = networks.random_params(networks.CONFIG)
    arrays = networks.arrays_of(networks.CONFIG, params, "rosinality")
    context = {"latent_avg": arrays.pop("latent_avg")[None]}
    _, got = stylegan2.convert(arrays, context=context)
    chex.assert_trees_all_equal(got, params)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"num_classes": 3}, "have classes"),
        ({"architecture": "resnet"}, "architecture 'resnet'"),
        ({"has_noise": False}, "layers without noise"),
        ({"clamp": 256.0}, r"a clamp, of 256\.0"),
        ({"mapping_lr_multiplier": 1.0}, r"a multiplier of 1\.0"),
        ({"w_dim": 9}, r"sizes \[8, 9\]"),
        ({"units": (512, 256)}, r"units of \(512, 256\)"),
        ({"units": (512,) * 4 + (300, 150)}, "units of"),
        ({"units": (512,) * 4 + (512, 128)}, "units of"),
        ({"units": (512,) * 4 + (128, 64)}, "units of"),
        ({"num_classes": 3, "clamp": 1.0}, "classes; nor a clamp"),
    ],
)
def test_what_rosinality_lacks_is_refused(changes, complaint):
    config = dataclasses.replace(networks.CONFIG, units=(512, 512))
    config = dataclasses.replace(config, **changes)
    with pytest.raises(stylegan2.ConversionError, match=complaint):
        stylegan2.export(config, {})


@pytest.mark.parametrize("multiplier", [1, 3])
def test_any_channel_multiplier_of_rosinality_is_taken(multiplier):
    units = (512, 512, 512, 512, multiplier * 256)
    config = dataclasses.replace(networks.CONFIG, units=units)
    shapes = expected_params("stylegan2", config)
    zeros = jax.tree.map(lambda shape: np.zeros(shape.shape, np.float32), shapes)
    # Three dense layers and the constant; of each convolution five arrays and noise,
    # of each image four; the filters.
    num_arrays = 2 * 3 + 1 + 9 * 6 + 5 * 4 + 4 * 2
    assert len(stylegan2.export(config, zeros)["g_ema"]) == num_arrays
