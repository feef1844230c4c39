"""All methods, and their comparison, on a generator whose attributes are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import components
from jgan.components import Directions, Ranks, _methods
from tests.components import colored_blob, planted

pytestmark = pytest.mark.usefixtures("unoptimized")


class _Reader:
    """Of the blobs: two colors and two places."""

    style = ("red", "green")
    geometry = ("row", "col")

    def read(self, images):
        return jnp.asarray(colored_blob.attributes(images), jnp.float32)


def _compare(methods, **options):
    return components.compare_directions(
        colored_blob.blob_gan(),
        methods,
        _Reader(),
        strength=1.0,
        num_images=40,
        key=jax.random.key(5),
        **options,
    )


def _true_directions():
    """The latent's direction of each number that makes a blob, in another order."""
    rotation = np.linalg.qr(np.random.default_rng(1).standard_normal((4, 4)))[0]
    vectors = jnp.asarray(rotation.T[[2, 0, 3, 1]], jnp.float32)
    return Directions({"z": vectors}, jnp.ones(4))


def test_true_directions_change_one_attribute_each():
    mixed = jnp.asarray([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]])
    true = _true_directions()
    even = Directions({"z": mixed / 2 @ true.vectors["z"]}, jnp.ones(4))
    shares = []
    found = _compare({"true": true, "even": even}, progress=shares.append)
    assert shares == [i / 8 for i in range(1, 9)]
    # Red, green, row and column are the second, fourth, first and third.
    np.testing.assert_array_equal(found["true"].chosen, [1, 3, 0, 2])
    assert found["true"].mod < 0.02
    assert found["true"].separation > 0.98
    assert found["even"].mod > 0.5
    assert found["even"].separation < 0.3
    assert found["true"].changes.shape == (4, 4)


def test_changes_are_in_standard_deviations_of_held_out_images():
    gan, true = colored_blob.blob_gan(), _true_directions()
    found = _compare({"true": true})["true"]
    _, image_key = jax.random.split(jax.random.key(5))
    latents = gan.sample_latents(40, key=image_key)
    spread = components.latent_spread(gan, "z", jax.random.split(jax.random.key(5))[0])
    np.testing.assert_allclose(spread, 1, atol=0.02)
    read = lambda latents: colored_blob.attributes(
        gan.forward(gan.params, latents, None)[0]
    )
    before = read(latents)
    step = spread * np.asarray(true.vectors["z"])[found.chosen][2]
    moved = [read(latents._replace(z=latents.z + s * step[None])) for s in (1, -1)]
    change = np.mean([abs(x - before)[1::2].mean(axis=0) for x in moved], axis=0)
    want = change / before.std(axis=0)
    np.testing.assert_allclose(found.changes[2], want, atol=1e-4)


def test_all_methods_give_unit_directions_of_one_latent():
    gan = colored_blob.blob_gan()
    found = components.all_methods(
        gan, "layer", num_directions=4, num_images=1000, batch_size=100, key=planted.KEY
    )
    # SeFa knows no such family.
    assert [*found.directions] == ["tensor", "pca", "ganspace", "random"]
    for directions in found.directions.values():
        vectors = np.asarray(directions.vectors["z"])
        assert 1 <= len(vectors) <= 4
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
        assert len(directions.values) == len(vectors)
    assert found.decomposition.ranks == colored_blob.SIZE
    # Two of units, and one each of columns and rows: the first that a latent makes.
    # A color sums up to 0 over units and a place over pixels, so what is the same in
    # all units, or rows, or columns, is made by none.
    tensor = np.asarray(found.directions["tensor"].vectors["z"])
    for i, mode, first in ((0, "unit", 1), (2, "col", 1), (3, "row", 1)):
        edit = components.mode_directions("layer", found.decomposition, mode)
        moved = components.to_latent(edit, "layer", found.regression).vectors["z"]
        length = np.linalg.norm(moved, axis=1)
        assert int(np.argmax(length > 1e-3 * length.max())) == first
        np.testing.assert_allclose(tensor[i], moved[first] / length[first], atol=1e-5)


def test_a_mode_of_much_longer_directions_hides_no_other(monkeypatch):
    gan = colored_blob.blob_gan()
    sizes = {"num_images": 400, "batch_size": 100, "key": planted.KEY}
    find = lambda: components.all_methods(gan, "layer", num_directions=4, **sizes)
    want = find().directions["tensor"]
    assert len(want.values) == 4

    def longer(layer, decomposition, mode):
        found = components.mode_directions(layer, decomposition, mode)
        factor = 1e4 if mode == "unit" else 1.0
        return jax.tree.map(lambda x: factor * x, found)

    monkeypatch.setattr(_methods, "mode_directions", longer)
    got = find().directions["tensor"]
    np.testing.assert_allclose(got.vectors["z"], want.vectors["z"], atol=1e-5)


def test_cut_keeps_the_first_components():
    gan = planted.tucker_gan(noise=0.1)
    whole = components.mpca(
        gan, "layer", num_images=100, batch_size=50, key=planted.KEY
    )
    less = components.cut(whole, Ranks(2, 3, 4))
    assert less.ranks == (2, 3, 4)
    np.testing.assert_array_equal(less.unit, whole.unit[:, :4])
    np.testing.assert_array_equal(less.mean, whole.mean)


def test_what_cannot_be_compared_is_refused():
    true = _true_directions()
    with pytest.raises(ValueError, match="few has 3 directions for 4 attributes: red"):
        _compare({"few": jax.tree.map(lambda x: x[:3], true)})
    both = Directions(
        {"z": true.vectors["z"], "layer": jnp.ones((4, 8, 8, 16))}, true.values
    )
    with pytest.raises(ValueError, match="directions of both move z, layer"):
        _compare({"both": both})
    options = {"num_images": 3, "key": planted.KEY}
    with pytest.raises(ValueError, match="num_images is 3"):
        components.compare_directions(
            colored_blob.blob_gan(), {"true": true}, _Reader(), **options
        )
    with pytest.raises(ValueError, match="num_directions is 3"):
        components.all_methods(
            colored_blob.blob_gan(), "layer", num_directions=3, key=planted.KEY
        )


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda found: found * jnp.nan, "the attributes of 0 can be read"),
        (lambda found: found.at[:, 1].set(3.0), "green is the same in all images"),
    ],
)
def test_what_cannot_be_read_is_refused(read, message, monkeypatch):
    plain = _Reader.read
    monkeypatch.setattr(_Reader, "read", lambda self, images: read(plain(self, images)))
    with pytest.raises(ValueError, match=message):
        _compare({"true": _true_directions()})
