"""`stats.collect` against a plain loop in NumPy, and what it refuses."""

import dataclasses
import functools

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import stats
from jgan.segment import from_function
from jgan.stats import _collect as _collect_module
from tests.generators import make_gan
from tests.helpers import unchecked
from tests.stats.planted import SIGNS, Signs, planted_gan

pytestmark = pytest.mark.usefixtures("unoptimized")


def _zeros(gan, layers):
    return {n: {"all": stats.zero_statistics(gan.layers[n].units)} for n in layers}


def _collect(gan, layers=None, **options):
    layers = tuple(gan.layers) if layers is None else layers
    options = {"num_images": 4, "batch_size": 2, "key": jax.random.key(0)} | options
    return stats.collect(gan, _zeros(gan, layers), **options)


def test_matches_numpy_for_every_batch_size(new_key):
    gan, key, layers = make_gan("dcgan_conditional"), new_key(), ("layer2", "layer1")
    # 5 images in batches of 2 leave a partial batch, in batches of 8 most is padding.
    got = {
        size: _collect(gan, layers, num_images=5, batch_size=size, key=key)
        for size in (2, 8)
    }
    assert all(tuple(found) == layers for found in got.values())
    _, taps = jax.jit(gan.forward)(gan.params, gan.sample_latents(5, key=key))
    for layer in layers:
        activation = np.asarray(taps[layer], np.float64)
        pixels = activation.reshape(-1, activation.shape[-1])
        scale = np.abs(pixels).max()
        for statistics in (found[layer]["all"] for found in got.values()):
            close = lambda a, b, scale=scale: np.testing.assert_allclose(
                a, b, rtol=1e-4, atol=1e-5 * scale
            )
            close(statistics.pixels.mean, pixels.mean(0))
            close(stats.unit_std(statistics.pixels), pixels.std(0))
            close(stats.unit_std(statistics.images), activation.mean((1, 2)).std(0))
            close(statistics.maximum, pixels.max(0))
            assert statistics.pixels.num_samples == len(pixels)
            assert statistics.images.num_samples == 5
            assert statistics.pixels.mean.dtype == np.float64


def test_any_number_of_images_shares_one_trace(new_key):
    gan = make_gan("dcgan")
    # Another name, as a generator of the same name would find the other's program.
    forward = gan.forward
    traced = chex.assert_max_traces(lambda *args: forward(*args), 1)
    gan = dataclasses.replace(gan, name="counted", forward=traced)
    # One compiled program, so its memory does not depend on the number either.
    for num_images in (7, 3, 200):
        _collect(gan, ("layer1",), num_images=num_images, batch_size=3, key=new_key())


def test_two_passes_of_several_chunks_give_exact_quantiles(new_key):
    gan, key, levels = planted_gan(), new_key(), (0.1, 0.5, 0.995)
    # 35 batches are two chunks; the last batch is half padding.
    run = lambda it: stats.collect(
        gan, {"coarse": {"it": it}}, num_images=69, batch_size=2, key=key
    )["coarse"]["it"]
    first = run(stats.zero_quantiles(5))
    got = first.exact(levels, run(first.refine(levels)))
    _, taps = gan.forward(gan.params, gan.sample_latents(69, key=key))
    pixels = np.asarray(taps["coarse"]).reshape(-1, 5)
    want = np.quantile(pixels, levels, axis=0, method="inverted_cdf")
    np.testing.assert_array_equal(got, want)
    # One pass does not tell two pixels of a bin apart.
    assert (first.quantiles(levels) != want).any()


def test_progress_ends_at_the_whole(new_key):
    seen = []
    _collect(planted_gan(), num_images=70, batch_size=1, progress=seen.append)
    assert seen == [32 / 70, 64 / 70, 1.0]


def test_nan_names_the_first_layer_and_batch(new_key):
    gan, key = planted_gan(), new_key()
    forward, third = gan.forward, gan.sample_latents(3, key=key).z[2:]

    def broken(params, latents, edits=None):
        images, taps = forward(params, latents, edits)
        # Only where an image of the second batch is.
        bad = jnp.where(latents.z == third, jnp.nan, 0.0)
        noise = bad.sum(axis=1)[:, None, None, None]
        return images, {new: taps[old] + noise for new, old in names.items()}

    # First in forward order, and neither in the alphabet nor among the accumulators.
    names = {"small": "coarse", "large": "fine"}
    layers = {new: gan.layers[old] for new, old in names.items()}
    gan = dataclasses.replace(gan, name="broken", forward=broken, layers=layers)
    with pytest.raises(ValueError, match="'small' is not finite in batch 1"):
        _collect(gan, ("large", "small"), key=key)


def test_an_unknown_layer_lists_the_layers():
    gan = make_gan("dcgan")
    zeros = {"layer9": {"all": stats.zero_statistics(3)}}
    with pytest.raises(ValueError, match="no layer 'layer9'.*layer1, layer2"):
        stats.collect(gan, zeros, num_images=1, batch_size=1, key=jax.random.key(0))


@pytest.mark.parametrize("sizes", [(0, 2), (4, 0), (-1, 2)])
def test_no_images_are_refused(sizes):
    with pytest.raises(ValueError, match=f"num_images is {sizes[0]}"):
        _collect(planted_gan(), num_images=sizes[0], batch_size=sizes[1])


@pytest.mark.parametrize(
    ("shape", "names", "batch_size"), [((1, 1), "ab", 2), ((2,), "a", 3)]
)
def test_a_mesh_has_one_axis_that_divides_the_batch(shape, names, batch_size):
    # A mesh without devices, of which the machine may have one.
    mesh = jax.sharding.AbstractMesh(shape, tuple(names))
    gan = planted_gan()
    with pytest.raises(ValueError, match="cannot be shared by a mesh"):
        unchecked(stats.collect)(
            gan,
            _zeros(gan, gan.layers),
            num_images=4,
            batch_size=batch_size,
            mesh=mesh,
            key=jax.random.key(0),
        )


class _Wrong(Signs):
    def __init__(self, change):
        self.segment = lambda images: change(Signs.segment(self, images))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda x: x[0], r"shape \(16, 16, 2\) for 2 images"),
        (lambda x: x[:1], r"shape \(1, 16, 16, 2\) for 2 images"),
        (lambda x: x.astype(jnp.float32), "float32 labels"),
        (lambda x: x + 1, "labels -1 to 2 and has 2 concepts"),
        (lambda x: x - 1, "labels -2 to 0 and has 2 concepts"),
    ],
)
def test_segmenters_that_do_not_keep_the_contract_are_refused(change, complaint):
    with pytest.raises(ValueError, match=complaint):
        _collect(planted_gan(), ("coarse",), segmenter=_Wrong(change))


def test_a_saved_run_is_not_taken_for_another(tmp_path):
    gan, file = planted_gan(), tmp_path / "saved.npz"
    options = {"resume": file, "segmenter": SIGNS}
    first = _collect(gan, **options)
    again = _collect(gan, **options)
    np.testing.assert_array_equal(
        first["fine"]["all"].pixels.mean, again["fine"]["all"].pixels.mean
    )
    other = dataclasses.replace(gan, params={"bias": jnp.ones(())})
    for change, complaint in (
        ({"num_images": 5}, "another num_images"),
        ({"key": jax.random.key(1)}, "another key"),
        ({"segmenter": None}, "another segmenter"),
        ({"gan": other}, "another generator"),
        ({"layers": ("fine",)}, "another accumulators"),
    ):
        with pytest.raises(ValueError, match=complaint):
            _collect(**({"gan": gan} | options | change))
    assert {*tmp_path.iterdir()} == {file}


COLORS = ("dark", "bright")


def _brighter_than(level):
    def segment(images):
        return (images[..., 0] > level).astype(jnp.int32)

    return from_function(segment, COLORS)


def test_segmenters_of_functions_are_told_apart_by_what_they_do(tmp_path):
    resume = functools.partial(_collect, planted_gan(), resume=tmp_path / "saved.npz")
    resume(segmenter=_brighter_than(0.5))
    # Another function object, as in another process.
    resume(segmenter=_brighter_than(0.5))
    upper = from_function(lambda images: _half(images, 0), COLORS)
    lower = from_function(lambda images: _half(images, 1), COLORS)
    bright = functools.partial(_bright, level=0.5)
    others = (
        _brighter_than(0.6),
        upper,
        from_function(bright, COLORS),
    )
    for other in others:
        with pytest.raises(ValueError, match="another segmenter"):
            resume(segmenter=other)
    for first, second in (
        (upper, lower),
        (others[-1], from_function(functools.partial(_bright, level=0.6), COLORS)),
        (
            from_function(lambda images, level=0.5: _bright(images, level), COLORS),
            from_function(lambda images, level=0.6: _bright(images, level), COLORS),
        ),
    ):
        (tmp_path / "saved.npz").unlink()
        resume(segmenter=first)
        with pytest.raises(ValueError, match="another segmenter"):
            resume(segmenter=second)


def test_a_generator_that_draws_other_latents_is_another(tmp_path):
    gan, file = planted_gan(), tmp_path / "saved.npz"
    _collect(gan, resume=file)
    draw = gan.sample_latents
    truncated = functools.partial(draw, truncation=0.5)
    with pytest.raises(ValueError, match="another generator"):
        _collect(dataclasses.replace(gan, sample_latents=truncated), resume=file)


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive"])
def test_a_damaged_file_is_told(tmp_path, content):
    file = tmp_path / "saved.npz"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"saved.npz is damaged.*Remove it"):
        _collect(planted_gan(), resume=file)
    for other in ({"other": np.zeros(3)}, {"about": np.asarray("[1]")}):
        np.savez(file, **other)
        with pytest.raises(ValueError, match=r"saved.npz is damaged.*Remove it"):
            _collect(planted_gan(), resume=file)
    with file.open("wb") as stream:
        np.save(stream, np.zeros(3))
    with pytest.raises(ValueError, match=r"saved.npz is damaged.*Remove it"):
        _collect(planted_gan(), resume=file)


@jax.tree_util.register_dataclass
@dataclasses.dataclass
class _Table:
    table: np.ndarray
    concepts: tuple[str, ...] = dataclasses.field(
        default=("dark", "bright"), metadata={"static": True}
    )

    def segment(self, images):
        return self.table[(images[..., 0] > 0).astype(jnp.int32)]


def test_a_segmenter_may_hold_arrays_of_numpy():
    found = _collect(planted_gan(), segmenter=_Table(np.array([1, 0])))
    assert [*found] == ["coarse", "fine"]
    assert _collect(planted_gan(), layers=()) == {}


def test_a_program_counts_no_more_pixels_than_32_bits_hold(monkeypatch):
    gan = planted_gan()
    # Of 16 x 16 pixels: two batches of 3 images, not three.
    monkeypatch.setattr(_collect_module, "_MOST_PIXELS", 8 * 256)
    shares = []
    _collect(gan, num_images=18, batch_size=3, progress=shares.append)
    assert shares == pytest.approx([1 / 3, 2 / 3, 1])
    # The map of this layer is smaller, and the labels of the segmenter are not.
    for options, steps in (({}, 1), ({"segmenter": SIGNS}, 3)):
        shares.clear()
        _collect(
            gan,
            ("coarse",),
            num_images=18,
            batch_size=3,
            progress=shares.append,
            **options,
        )
        assert len(shares) == steps
    with pytest.raises(ValueError, match="is 9; of 256 pixels, 8 images can be"):
        _collect(gan, batch_size=9)


def _bright(images, level):
    return (images[..., 0] > level).astype(jnp.int32)


def _half(images, channel):
    return (images[..., channel] > 0).astype(jnp.int32)
