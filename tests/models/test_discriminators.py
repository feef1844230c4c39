"""The discriminator: its spectral norm, its projection, and its plain definition."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.models.discriminators import (
    Config,
    Discriminator,
    SpectralConv,
    SpectralDense,
    spectral_norm,
)
from tests.helpers import normal, unchecked

pytestmark = pytest.mark.usefixtures("unoptimized")

CONFIG = Config(units=(5, 6), num_classes=4)
LABELS = jnp.arange(4)


class _Norm(nn.Module):
    shape: tuple[int, ...]

    @nn.compact
    def __call__(self):
        kernel = self.param("kernel", nn.initializers.normal(), self.shape)
        return spectral_norm(self, kernel, "direction")


def _images(key, *, side=4):
    image = jax.random.uniform(key, (1, side, side, 3), minval=-1.0)
    return jnp.repeat(image, len(LABELS), axis=0)


def _random(variables, key):
    """The same tree with parameters of no special values, biases not 0."""
    leaves, tree = jax.tree.flatten(variables["params"])
    keys = jax.random.split(key, len(leaves))
    drawn = [normal(k, leaf.shape) for k, leaf in zip(keys, leaves, strict=True)]
    return {**variables, "params": jax.tree.unflatten(tree, drawn)}


def _made(config=CONFIG, *, side=4, first_block=0, key):
    labels = LABELS if config.num_classes else None
    keys = jax.random.split(key, 3)
    network = Discriminator(config, first_block=first_block)
    images = _images(keys[0], side=side)
    variables = jax.jit(network.init)(keys[1], images, labels)
    return network, _random(variables, keys[2]), images


@pytest.mark.parametrize("shape", [(3, 3, 5, 7), (1, 1, 4, 4), (9, 1), (1, 6), (4, 9)])
def test_iterated_the_largest_singular_value_is_one(shape, new_key):
    network = _Norm(shape)
    variables = _random(network.init(new_key()), new_key())

    def again(collection, _):
        kernel, written = network.apply(
            {**variables, "spectral_norm": collection}, mutable=["spectral_norm"]
        )
        return written["spectral_norm"], kernel

    start = variables["spectral_norm"]
    # The share of other directions shrinks by the square of the ratio of the first two
    # singular values, 0.98 at worst here: by e^-20 in 500 iterations.
    last, kernels = jax.jit(lambda c: jax.lax.scan(again, c, length=500))(start)
    sizes = np.linalg.norm(
        np.reshape(kernels, (500, -1, shape[-1])), ord=2, axis=(1, 2)
    )
    # No unit vectors find more than the largest singular value; 1e-5 is rounding.
    assert sizes.min() > 1 - 1e-5
    assert abs(sizes[-1] - 1) < 1e-4
    kernel = np.asarray(variables["params"]["kernel"])
    largest = np.linalg.svd(kernel.reshape(-1, shape[-1]), compute_uv=False)[0]
    np.testing.assert_allclose(kernels[-1], kernel / largest, rtol=1e-4, atol=1e-5)
    direction = last["direction"]
    # A unit vector that a further step leaves in place.
    assert abs(np.linalg.norm(direction) - 1) < 1e-5


def test_the_gradient_takes_the_singular_vectors_as_constant(new_key):
    network = _Norm((2, 2, 3, 5))
    variables = _random(network.init(new_key()), new_key())
    weights = normal(new_key(), (2, 2, 3, 5))

    def loss(kernel):
        normed = jax.jit(network.apply)({**variables, "params": {"kernel": kernel}})
        return (weights * normed).sum()

    kernel = variables["params"]["kernel"]
    got = jax.jit(jax.grad(loss))(kernel)
    matrix, direction, pull = (
        np.asarray(array, np.float64)
        for array in (
            kernel.reshape(12, 5),
            variables["spectral_norm"]["direction"],
            weights.reshape(12, 5),
        )
    )
    left = matrix @ direction
    left /= np.linalg.norm(left)
    right = left @ matrix
    right /= np.linalg.norm(right)
    size = left @ matrix @ right
    # Miyato et al., 2018, equation 12: the quotient rule, with d size = left right^T.
    want = pull / size - (pull * matrix).sum() / size**2 * np.outer(left, right)
    # Float32 sums of 60 products.
    np.testing.assert_allclose(got.reshape(12, 5), want, rtol=1e-4, atol=1e-5)


def test_directions_are_written_only_where_they_may_be(new_key):
    network, variables, images = _made(key=new_key())
    score = jax.jit(network.apply)(variables, images, LABELS)
    assert score.shape == (4,)

    @jax.jit
    def writing(variables):
        return network.apply(variables, images, LABELS, mutable=["spectral_norm"])

    again, written = writing(variables)
    assert set(written) == {"spectral_norm"}
    # The step that is written is the one that this score has used. Same sums, fused
    # differently.
    np.testing.assert_allclose(again, score, rtol=1e-4, atol=1e-5)
    before, after = variables["spectral_norm"], written["spectral_norm"]
    changed = jax.tree.map(lambda a, b: bool(jnp.any(a != b)), before, after)
    paths = jax.tree_util.tree_leaves_with_path(changed)
    # Every kernel has its direction: three in each block, the score and the embedding.
    assert len(paths) == 8
    assert [path for path, moved in paths if not moved] == []
    later, _ = writing({**variables, **written})
    assert np.any(np.abs(later - again) > 1e-3)


def test_initialization_does_not_iterate(new_key):
    network = _Norm((4, 3))
    key = new_key()
    drawn = network.init(key)["spectral_norm"]["direction"]
    # A step of iteration would have made it a unit vector.
    assert abs(float(jnp.linalg.norm(drawn)) - 1) > 1e-3


def test_scores_are_linear_in_the_embedding(new_key):
    network, variables, images = _made(key=new_key())
    first, second = normal(new_key(), (2, 6))
    table = jnp.stack([first, second, 2 * first - 3 * second, jnp.zeros(6)])
    variables["params"]["embedding"] = table
    a, b, both, none = jax.jit(network.apply)(variables, images, LABELS)
    assert abs(a - none) > 1e-2
    assert abs(b - none) > 1e-2
    # Sums of 6 products, of the size of the scores.
    scale = 1e-5 * max(abs(float(s)) for s in (a, b, both, none))
    assert abs((both - none) - (2 * (a - none) - 3 * (b - none))) < scale
    # Without a class, the score of an embedding that is 0.
    params = {k: v for k, v in variables["params"].items() if k != "embedding"}
    plain = Discriminator(Config(units=CONFIG.units))
    spectral = dict(variables["spectral_norm"])
    del spectral["embedding"]
    alone = jax.jit(plain.apply)({"params": params, "spectral_norm": spectral}, images)
    np.testing.assert_allclose(alone, np.full(4, none), atol=scale, rtol=0)


@pytest.mark.parametrize("first_block", [0, 1])
def test_scores_are_those_of_the_plain_definition(first_block, new_key):
    config = Config(units=(5, 7, 7), num_classes=4)
    side = 16 >> first_block
    network, variables, images = _made(
        config, side=side, first_block=first_block, key=new_key()
    )
    images = images * jnp.linspace(0.2, 1, 4)[:, None, None, None]
    params, directions = variables["params"], variables["spectral_norm"]

    def normed(kernel, direction):
        matrix = kernel.reshape(-1, kernel.shape[-1])
        left = matrix @ direction
        right = matrix.T @ left
        return kernel * np.linalg.norm(left) / np.linalg.norm(right)

    def conv(x, block, name):
        layer = params[block][name]
        kernel = normed(layer["kernel"], directions[block][name]["direction"])
        y = jax.lax.conv_general_dilated(
            x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        return y + layer["bias"][None, None, None]

    def pool(x):
        window = (1, 2, 2, 1)
        return jax.lax.reduce_window(x, 0.0, jax.lax.add, window, window, "VALID") / 4

    x = jnp.concatenate(
        [images[:, i::2, j::2] for i in (0, 1) for j in (0, 1)], axis=-1
    )
    for i in range(first_block, 3):
        name = f"block{i}"
        h = x if i == first_block else jax.nn.relu(x)
        h = conv(jax.nn.relu(conv(h, name, "conv1")), name, "conv2")
        if "shortcut" in params[name]:
            x = conv(x, name, "shortcut")
        x = h + x if i == 2 else pool(h) + pool(x)
    # Of equal units in and out, the last block has no shortcut to learn.
    assert "shortcut" not in params["block2"]
    assert set(params) == {
        "score",
        "embedding",
        *(f"block{i}" for i in range(first_block, 3)),
    }
    features = jax.nn.relu(x).sum(axis=(1, 2))
    weights = normed(params["score"]["kernel"], directions["score"]["direction"])
    table = normed(params["embedding"], directions["embedding"])
    want = features @ weights[:, 0] + params["score"]["bias"]
    want = want + (features * table).sum(axis=1)
    got = jax.jit(network.apply)(variables, images, LABELS)
    # Float32, sums of up to 500 products in another order, layer after layer.
    atol = 1e-4 * float(np.abs(want).max())
    np.testing.assert_allclose(got, want, rtol=0, atol=atol)


def test_a_dense_layer_is_a_one_by_one_convolution(new_key):
    x = normal(new_key(), (3, 5))
    dense = SpectralDense(2)
    variables = _random(dense.init(new_key(), x), new_key())
    got = jax.jit(dense.apply)(variables, x)
    conv = SpectralConv(2, side=1)
    kernel, bias = (variables["params"][name] for name in ("kernel", "bias"))
    as_conv = {
        "params": {"kernel": kernel[None, None], "bias": bias},
        "spectral_norm": variables["spectral_norm"],
    }
    want = jax.jit(conv.apply)(as_conv, x[:, None, None, :])[:, 0, 0]
    # Sums of 5 products.
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5)


def test_labels_must_be_there_where_there_are_classes_and_only_there(new_key):
    network, variables, images = _made(key=new_key())
    with pytest.raises(ValueError, match="class_label is None.* 4 classes"):
        network.apply(variables, images)
    plain, variables, images = _made(Config(units=(4,)), side=2, key=new_key())
    assert jax.jit(plain.apply)(variables, images).shape == (4,)
    assert "embedding" not in variables["params"]
    with pytest.raises(ValueError, match="0 classes"):
        plain.apply(variables, images, LABELS)


@pytest.mark.parametrize(
    ("first_block", "good", "bad"), [(0, (4, 8), (6, 8)), (1, (4, 2), (4, 3))]
)
def test_images_that_cannot_be_halved_are_refused(first_block, good, bad, new_key):
    network = Discriminator(CONFIG, first_block=first_block)
    factor = 4 >> first_block
    make = lambda sides: jax.eval_shape(
        network.init, new_key(), jnp.zeros((4, *sides, 3)), LABELS
    )
    make(good)
    with pytest.raises(
        ValueError, match=f"{bad[0]} x {bad[1]} .* multiple of {factor}"
    ):
        make(bad)


@pytest.mark.parametrize(
    ("units", "num_classes"), [((), 0), ((4, 0), 0), ((4,), -1), ((-3, 4), 2)]
)
def test_sizes_that_make_no_network_are_refused(units, num_classes):
    with pytest.raises(ValueError, match="must be positive"):
        unchecked(Config)(units=units, num_classes=num_classes)
