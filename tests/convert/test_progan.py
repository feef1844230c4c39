"""ProGAN against goldens of genforce and gandissect: see make_progan.py."""

import dataclasses
import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.convert import ConversionError, checkpoint, convert_checkpoint, progan
from jgan.models.latents import Latents
from jgan.models.progan import Config, Generator
from tests.golden import progan_cases as cases

# Sums of products in another order. Of the largest number of a tap, and of the range of
# the image, whose colors are not bounded; the largest seen are 2e-6 and 4e-6.
_TAP_RTOL_OF_MAX = 2e-5
_IMAGE_RTOL_OF_RANGE = 2e-5

_golden_and_arrays = functools.cache(cases.read)


@pytest.mark.parametrize("case", cases.CASES)
def test_images_and_every_tap_equal_the_reference(case):
    golden, arrays = _golden_and_arrays(case)
    config, params = progan.convert(arrays)
    latent_dim, units = cases.SIZES[case]
    assert config == Config(latent_dim=latent_dim, units=units)
    latents = Latents(jnp.asarray(cases.seeded_latents(case)))
    images, taps = jax.jit(Generator(config).apply)(params, latents)
    assert {*taps} == {f"layer{i + 1}" for i in range(2 * len(units))}
    got = taps | {"images": images}
    assert {*got} == {name for name in golden if "/" not in name}
    for layer, tap in got.items():
        tap = np.asarray(tap)
        rows, cols = cases.kept_pixels(case, layer, tap.shape[1])
        largest = golden[f"{layer}/max"]
        atol = _TAP_RTOL_OF_MAX * largest
        if layer == "images":
            atol = _IMAGE_RTOL_OF_RANGE * np.ptp(golden[layer])
        compare = functools.partial(
            np.testing.assert_allclose, rtol=0, atol=atol, err_msg=f"{case} {layer}"
        )
        compare(tap[:, rows, cols], golden[layer])
        # All other pixels are checked through these two.
        compare(tap.mean((0, 1, 2), dtype=np.float64), golden[f"{layer}/mean"])
        compare(np.abs(tap).max(), largest)


def _in_every_format():
    """One network under the names of each repository, and fused as genforce does it."""
    new = dict(_golden_and_arrays("gandissect_64")[1])
    old, plain = {}, {"lod": np.zeros((), np.float32)}
    for name, array in new.items():
        module, leaf = name.split(".", 1)
        if module == "output_64x64":
            stems = ("output", "output4")
        else:
            number = int(module.removeprefix("layer")) - 1
            stems = (f"features.{number}", f"layer{number}")
        old[f"{stems[0]}.{leaf}"] = array
        plain[f"{stems[1]}.{'weight' if leaf == 'conv.weight' else 'bias'}"] = array
    for level, units in enumerate((24, 16, 16, 12)):
        # Colors of lower resolutions, of which nothing may depend.
        plain[f"output{level}.weight"] = np.full((3, units, 1, 1), np.nan, np.float32)
        plain[f"output{level}.bias"] = np.full(3, np.nan, np.float32)
    fused = dict(plain)
    for number in (2, 4, 6, 8):
        kernel = plain[f"layer{number}.weight"]
        turned = kernel.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]
        fused[f"layer{number}.weight"] = np.ascontiguousarray(turned)
    return {"gandissect": new, "old": old, "genforce": plain, "fused": fused}


@pytest.mark.parametrize("form", ["old", "genforce", "fused"])
def test_one_network_converts_to_the_same_parameters_from_every_format(form):
    arrays = _in_every_format()
    config, params = progan.convert(arrays["gandissect"])
    other_config, other_params = progan.convert(arrays[form])
    assert other_config == config
    jax.tree.map(np.testing.assert_array_equal, other_params, params)


@pytest.mark.parametrize("form", ["gandissect", "old", "genforce"])
def test_a_file_is_recognized_and_found_in_what_it_lies_in(form, tmp_path):
    arrays = _in_every_format()[form]
    np.savez(tmp_path / "church.npz", **arrays)
    gan = convert_checkpoint(tmp_path / "church.npz")
    assert (gan.family, gan.resolution, gan.class_names) == ("progan", 64, ())
    assert [*gan.layers][:3] == ["layer1", "layer2", "layer3"]
    assert gan.layers["layer10"] == (64, 64, 8)
    other = {name: 2 * array for name, array in arrays.items()}
    # Its first kernel is 3 x 3.
    discriminator = {
        "layer0.weight": np.ones((8, 8, 3, 3)),
        "layer0.bias": np.ones(8),
        "input0.weight": np.ones((8, 3, 1, 1)),
    }
    for content in (
        {"state_dict": arrays},
        {"module." + name: array for name, array in arrays.items()},
        {
            "generator": other,
            "discriminator": discriminator,
            "generator_smooth": arrays,
        },
    ):
        family, found, _ = checkpoint.find_generator(content)
        assert family == "progan"
        assert {*found} == {*arrays}
        assert all(found[name] is array for name, array in arrays.items())


def test_the_gain_that_an_old_file_keeps_is_the_one_that_counts():
    arrays = _in_every_format()["old"]
    want, params = progan.convert(arrays)
    scaled = dict(arrays)
    for name, kernel in arrays.items():
        if name.endswith(".conv.weight"):
            gain = 1.0 if name.startswith("output") else math.sqrt(2)
            scale = 1.01 * gain / math.sqrt(math.prod(kernel.shape[1:]))
            layer = name.removesuffix("conv.weight")
            scaled[f"{layer}wscale.scale"] = np.array([scale], np.float32)
    config, got = progan.convert(scaled)
    assert config == want
    for layer, parts in got["params"].items():
        # A float32 holds the scale.
        np.testing.assert_allclose(
            parts["kernel"],
            1.01 * params["params"][layer]["kernel"],
            rtol=1e-6,
            err_msg=layer,
        )
        np.testing.assert_array_equal(parts["bias"], params["params"][layer]["bias"])


def test_where_units_never_change_kernels_are_taken_for_plain():
    # As genforce's default is: the shapes of a fused one would be the same.
    arrays = _in_every_format()["genforce"]
    same = {"lod": arrays["lod"]}
    for number in range(4):
        side = 4 if number == 0 else 3
        kernel = np.random.default_rng(number).standard_normal((5, 5, side, side))
        same |= {f"layer{number}.weight": kernel, f"layer{number}.bias": np.ones(5)}
    same |= {"output1.weight": np.ones((3, 5, 1, 1)), "output1.bias": np.ones(3)}
    _, params = progan.convert(same)
    np.testing.assert_array_equal(
        params["params"]["layer3"]["kernel"],
        same["layer2.weight"].transpose(2, 3, 1, 0).astype(np.float32),
    )


def _layer(name, change):
    return lambda arrays: arrays.update({name: np.asarray(change(arrays[name]))})


@pytest.mark.parametrize(
    ("form", "change", "message"),
    [
        ("genforce", lambda a: a.pop("layer5.weight"), r"has layer9\.weight, but lack"),
        ("genforce", lambda a: a.pop("layer9.weight"), "has 9 layers, the last layer8"),
        ("genforce", lambda a: a.pop("layer9.bias"), "layer10/bias: nothing to fill"),
        ("genforce", _layer("lod", lambda a: a + 1.5), r"lod is 1\.5: .* later step"),
        ("genforce", _layer("lod", lambda a: a + np.nan), "lod is nan"),
        ("genforce", lambda a: a.update(w=np.ones(2)), r"w \(2,\): no rule"),
        ("fused", _layer("layer4.weight", lambda a: a[:, :5]), "layer4.weight: shape"),
        (
            "fused",
            _layer("layer6.weight", lambda a: a.transpose(1, 0, 2, 3)),
            r"layer6\.weight: shape \(12, 16, 3, 3\) gives",
        ),
        (
            # Only genforce has transposed ones.
            "gandissect",
            _layer("layer3.conv.weight", lambda a: a.transpose(1, 0, 2, 3)),
            r"layer3\.conv\.weight: shape \(24, 16, 3, 3\) gives",
        ),
        ("gandissect", lambda a: a.pop("layer1.conv.weight"), "no first layer"),
        ("gandissect", lambda a: a.pop("layer4.conv.weight"), "lacks.*\n.*layer4.conv"),
        ("gandissect", lambda a: a.pop("output_64x64.wscale.b"), "to_rgb/bias: nothi"),
        (
            "gandissect",
            lambda a: a.update(
                {n.replace("64x", "32x"): a.pop(n) for n in [*a] if n.startswith("out")}
            ),
            r"(?s)output_32x64.conv.weight .*: no rule.*to_rgb/kernel: nothing",
        ),
        (
            "gandissect",
            _layer("layer5.conv.weight", lambda a: a.transpose(1, 0, 2, 3)[:, :3]),
            r"layer5\.conv\.weight: shape \(16, 3, 3, 3\) gives",
        ),
        (
            "gandissect",
            _layer("layer2.conv.weight", lambda a: a[:, :, :1]),
            r"kernels are 3 x 3, .*\n  layer2\.conv\.weight: \(24, 24, 1, 3\)",
        ),
        (
            "gandissect",
            _layer("layer10.conv.weight", lambda a: a[:0]),
            r"unlike:\n  layer10\.conv\.weight: \(0, 8, 3, 3\)",
        ),
        (
            "gandissect",
            _layer("layer1.conv.weight", lambda a: a[:, :0]),
            r"unlike:\n  layer1\.conv\.weight: \(24, 0, 4, 4\)",
        ),
        (
            "gandissect",
            _layer("layer3.conv.weight", lambda a: np.where(a > 1, np.nan, a)),
            r"layer3\.conv\.weight: holds NaN or infinity",
        ),
        (
            "gandissect",
            _layer("output_64x64.conv.weight", lambda a: a[:1]),
            r"output_64x64\.conv\.weight: shape \(1, 8, 1, 1\) gives",
        ),
        (
            "old",
            lambda a: a.update({"features.3.wscale.scale": np.ones(3)}),
            r"features\.3\.wscale\.scale has shape \(3,\); it is one number",
        ),
        (
            "old",
            lambda a: [a.pop(f"features.{i}.conv.weight") for i in range(2, 10)],
            "1 resolutions of units; a ProGAN has 2 to 10",
        ),
    ],
)
def test_what_is_no_progan_is_refused(form, change, message):
    arrays = _in_every_format()[form]
    change(arrays)
    with pytest.raises(ConversionError, match=message):
        progan.convert(arrays)


def test_classes_are_refused():
    arrays = _in_every_format()["genforce"]
    assert progan.convert(arrays, num_classes=0)[0].num_classes == 0
    with pytest.raises(ConversionError, match="with 3 classes is not supported"):
        progan.convert(arrays, num_classes=3)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"units": (4,)}, "1 resolutions of units; a ProGAN has 2 to 10"),
        ({"units": (4,) * 11}, "11 resolutions"),
        ({"units": (4, 0)}, "not positive"),
        ({"latent_dim": 0}, "not positive"),
        ({"latent_dim": 2**31}, r"below 2\*\*31"),
    ],
)
def test_sizes_that_cannot_be_are_refused(field, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(Config(), **field)


def test_the_published_sizes_are_the_default():
    assert Config().resolution == 256
    assert Config(units=(4, 4)).resolution == 8
