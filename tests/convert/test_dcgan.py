"""DCGAN conversion against a torch twin with random weights, and what it refuses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy

from jgan.convert import ConversionError, convert_checkpoint
from jgan.models.dcgan import Config
from jgan.models.latents import Latents

LATENT, UNITS, CLASSES = 10, (24, 16, 16, 8), 3


def _state_dict(*, inputs=LATENT, units=UNITS, seed=0):
    """Returns a state dict named as an `nn.Sequential` names it, nothing at neutral."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for i, (a, b) in enumerate(zip((inputs, *units), (*units, 3), strict=True)):
        # Each output pixel sums over four kernel taps of every input.
        # Smaller at the end, where the hyperbolic tangent would saturate.
        spread = (1.5 if b != 3 else 0.7) / np.sqrt(a if i == 0 else 4 * a)
        arrays[f"main.{3 * i}.weight"] = spread * rng.standard_normal((a, b, 4, 4))
        if i < len(units):
            norm = f"main.{3 * i + 1}"
            arrays[f"{norm}.weight"] = rng.standard_normal(b)
            arrays[f"{norm}.bias"] = rng.standard_normal(b)
            arrays[f"{norm}.running_mean"] = rng.standard_normal(b)
            arrays[f"{norm}.running_var"] = rng.uniform(0.5, 2.0, b)
            arrays[f"{norm}.num_batches_tracked"] = np.array(7)
    return {
        n: a.astype(np.float32) if a.dtype == np.float64 else a
        for n, a in arrays.items()
    }


def _convert(tmp_path, arrays, **options):
    np.savez(tmp_path / "tiny.npz", **arrays)
    return convert_checkpoint(tmp_path / "tiny.npz", **options)


def _twin(arrays, x):
    """Returns what the torch layers make of `x`, one by one, under jgan's names."""
    import torch

    taps = {}
    x = torch.tensor(x)[:, :, None, None]
    num_layers = sum(a.ndim == 4 for a in arrays.values())
    for i in range(num_layers):
        weight = arrays[f"main.{3 * i}.weight"]
        options = {"stride": 2, "padding": 1} if i else {}
        conv = torch.nn.ConvTranspose2d(*weight.shape[:2], 4, bias=False, **options)
        conv.load_state_dict({"weight": torch.tensor(weight)})
        with torch.inference_mode():
            x = conv(x)
            if i == num_layers - 1:
                return torch.tanh(x).permute(0, 2, 3, 1).numpy(), taps
            norm = torch.nn.BatchNorm2d(weight.shape[1]).eval()
            state = {
                n.rpartition(".")[2]: torch.tensor(a)
                for n, a in arrays.items()
                if n.startswith(f"main.{3 * i + 1}.")
            }
            norm.load_state_dict(state)
            x = torch.relu(norm(x))
        taps[f"layer{i + 1}"] = x.permute(0, 2, 3, 1).numpy()
    raise AssertionError("There is no last layer.")


def _assert_like_the_twin(gan, arrays, latents, x):
    images, taps = jax.jit(gan.forward)(gan.params, latents)
    want_images, want_taps = _twin(arrays, x)
    # Nearly black, white or constant images would hide an error.
    assert want_images.std() > 0.3
    assert np.mean(np.abs(want_images) > 0.99) < 0.5
    assert images.shape == (len(x), 64, 64, 3)
    np.testing.assert_allclose(images, want_images, rtol=0, atol=2e-5)
    assert [*taps] == [*want_taps] == [*gan.layers]
    for layer, want in want_taps.items():
        atol = 1e-4 * np.abs(want).max()
        np.testing.assert_allclose(taps[layer], want, rtol=0, atol=atol, err_msg=layer)


@pytest.mark.torch
def test_images_and_taps_equal_those_of_the_twin(tmp_path):
    arrays = _state_dict()
    gan = _convert(tmp_path, arrays)
    assert gan.config == Config(latent_dim=LATENT, units=UNITS)
    z = np.random.default_rng(1).standard_normal((5, LATENT), np.float32)
    _assert_like_the_twin(gan, arrays, Latents(jnp.asarray(z)), z)


@pytest.mark.torch
def test_a_class_is_appended_to_z_as_in_the_twin(tmp_path):
    arrays = _state_dict(inputs=LATENT + CLASSES)
    gan = _convert(tmp_path, arrays, class_names=("ash", "elm", "oak"))
    assert gan.config == Config(latent_dim=LATENT, units=UNITS, num_classes=CLASSES)
    z = np.random.default_rng(2).standard_normal((5, LATENT), np.float32)
    label = np.array([2, 0, 1, 1, 2], np.int32)
    x = np.concatenate([z, np.eye(CLASSES, dtype=np.float32)[label]], axis=1)
    latents = Latents(jnp.asarray(z), jnp.asarray(label))
    _assert_like_the_twin(gan, arrays, latents, x)


def test_a_label_outside_the_classes_is_nan_and_a_missing_one_an_error(tmp_path):
    arrays = _state_dict(inputs=LATENT + CLASSES)
    gan = _convert(tmp_path, arrays, num_classes=CLASSES)
    z = jnp.ones((3, LATENT))
    forward = jax.jit(lambda label: gan.forward(gan.params, Latents(z, label))[0])
    images = np.asarray(forward(jnp.array([0, CLASSES, -1])))
    assert np.isfinite(images[0]).all()
    assert np.isnan(images[1:]).all()
    with pytest.raises(ValueError, match="class_label is None"):
        gan.forward(gan.params, Latents(z))


def test_names_decide_where_a_file_sorts_its_arrays(tmp_path):
    arrays = _state_dict()  # Two layers of 16 units, so shapes alone would not do.
    want = _convert(tmp_path, arrays)
    assert sorted(arrays) != [*arrays]
    path = tmp_path / "sorted.safetensors"
    safetensors.numpy.save_file(dict(sorted(arrays.items())), path)
    got = convert_checkpoint(path)
    assert got.config == want.config
    jax.tree.map(np.testing.assert_array_equal, got.params, want.params)


def test_other_names_in_network_order_are_read_too(tmp_path):
    arrays = _state_dict()
    want = _convert(tmp_path, arrays)
    modules = list(dict.fromkeys(name.rpartition(".")[0] for name in arrays))
    names = dict(zip(modules, "qwertyuio", strict=True))
    renamed = {
        f"module.net.{names[n.rpartition('.')[0]]}.{n.rpartition('.')[2]}": a
        for n, a in arrays.items()
    }
    got = _convert(tmp_path, {**renamed})
    jax.tree.map(np.testing.assert_array_equal, got.params, want.params)


def _discriminator():
    rng = np.random.default_rng(0)
    shapes = {0: (8, 3, 4, 4), 2: (16, 8, 4, 4), 5: (1, 16, 4, 4)}
    arrays = {f"main.{i}.weight": rng.standard_normal(s) for i, s in shapes.items()}
    for leaf in ("weight", "bias", "running_mean", "running_var"):
        arrays[f"main.3.{leaf}"] = np.ones(16)
    return arrays


def _swapped():
    arrays = _state_dict()
    return arrays | {"main.3.weight": arrays["main.3.weight"].swapaxes(0, 1)}


def _of_side(side):
    arrays = _state_dict()
    return {
        n: np.ones((*a.shape[:2], side, side)) if a.ndim == 4 else a
        for n, a in arrays.items()
    }


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (_discriminator(), "not the arrays of a generator of .*dcgan"),
        (_swapped(), "not the arrays of a generator of .*dcgan"),
        (_of_side(5), "not the arrays of a generator of .*dcgan"),
        ({"a.weight": np.ones((3, 4))}, "they begin a.weight.*--family"),
    ],
    ids=["discriminator", "swapped", "5x5", "dense"],
)
def test_what_is_no_dcgan_generator_is_not_taken_for_one(tmp_path, arrays, message):
    with pytest.raises(ConversionError, match=message):
        _convert(tmp_path, arrays)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (_discriminator(), r"main\.5\.weight: shape \(1, 16, 4, 4\)"),
        (_swapped(), r"main\.3\.weight: shape \(16, 24, 4, 4\)"),
        (_of_side(5), r"4 x 4, unlike:\s+main\.0\.weight: \(10, 24, 5, 5\)"),
        ({"a.weight": np.ones((3, 4))}, "0 transposed convolutions"),
        (_state_dict(units=(1,) * 9), "9 layers of units; a DCGAN has 1 to 8"),
        (
            {"a.weight": np.ones((2, 0, 4, 4)), "b.weight": np.ones((0, 3, 4, 4))},
            "unlike",
        ),
        (
            # No numbers, yet a latent that would fill any memory.
            {"a.weight": np.ones((2**40, 0, 4, 4)), "b.weight": np.ones((1, 3, 4, 4))},
            "unlike",
        ),
    ],
    ids=["discriminator", "swapped", "5x5", "dense", "deep", "empty", "huge"],
)
def test_family_does_not_force_what_does_not_fit(tmp_path, arrays, message):
    with pytest.raises(ConversionError, match=message):
        _convert(tmp_path, arrays, family="dcgan")


def test_all_that_is_missing_or_left_over_is_listed(tmp_path):
    arrays = _state_dict()
    del arrays["main.1.bias"], arrays["main.4.running_mean"]
    arrays["main.0.bias"] = np.zeros(UNITS[0], np.float32)
    arrays["extra"] = np.zeros(2, np.float32)
    arrays["main.7.weight"] = arrays["main.7.weight"].astype(np.complex64)
    with pytest.raises(ConversionError) as caught:
        _convert(tmp_path, arrays)
    lines = [line.strip() for line in str(caught.value).splitlines()[1:]]
    assert lines == [
        "main.7.weight: complex64 is not a real number",
        "main.0.bias (24,): no rule for it",
        "extra (2,): no rule for it",
        "batch_stats/norm2/mean: nothing to fill it",
        "params/norm1/bias: nothing to fill it",
    ]


@pytest.mark.parametrize("num_classes", [-1, LATENT, 10**6])
def test_classes_must_leave_some_latent(tmp_path, num_classes):
    with pytest.raises(ConversionError, match="classes leave no latent of .* 10 input"):
        _convert(tmp_path, _state_dict(), num_classes=num_classes)


@pytest.mark.parametrize(
    "sizes", [{"units": ()}, {"units": (4, 0)}, {"latent_dim": 0}, {"num_classes": -1}]
)
def test_sizes_that_make_no_image_are_refused(sizes):
    with pytest.raises(ValueError, match=r"0 layers of units|A size is not positive"):
        Config(**sizes)
