"""SeFa against the authors' code (see make_sefa.py), Jacobians and planted weights."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import components
from jgan.convert import assemble, progan, stylegan2
from tests.components.style import style_gan
from tests.generators import make_gan
from tests.golden import sefa_cases as cases
from tests.helpers import unchecked

pytestmark = pytest.mark.usefixtures("unoptimized")


def _golden_gan(case, arrays):
    kind, sizes, _ = cases.CASES[case]
    if kind == "pggan":
        return assemble.assemble("progan", *progan.convert(arrays), name=case)
    converted = stylegan2.convert(arrays, context={"init_kwargs": sizes})
    return assemble.assemble("stylegan2", *converted, name=case)


@pytest.mark.parametrize("case", cases.CASES)
def test_directions_and_values_equal_the_authors(case):
    golden, arrays = cases.read(case)
    chosen = cases.CASES[case].layers
    layers = None if chosen == "all" else chosen
    got = components.sefa(_golden_gan(case, arrays), layers=layers)
    order = np.argsort(-golden["values"])
    # Theirs are float32: seen are 7e-7.
    np.testing.assert_allclose(got.values, golden["values"][order], rtol=5e-6)
    ((space, vectors),) = got.vectors.items()
    assert space == ("z" if case == "pggan" else "w")
    want = golden["vectors"][order]
    want *= np.sign(np.sum(want * np.asarray(vectors), axis=1, keepdims=True))
    # Values differ by 1 % of the largest, which makes errors of vectors a hundred times
    # those of values.
    np.testing.assert_allclose(vectors, want, atol=1e-4)


# Two directions that are orthogonal, and neither along an axis.
_PLANTED = np.zeros((2, 8))
_PLANTED[0, [0, 3]] = 0.8, 0.6
_PLANTED[1, [1, 4]] = 0.8, -0.6


def _planted_gan():
    """Whose styles of all layers but 2 follow one direction of `w`, of 2 another."""
    gan, draw = style_gan(), np.random.default_rng(0)

    def plant(path, leaf):
        names = [key.key for key in path]
        if names[-2:] != ["style", "kernel"]:
            return leaf
        direction = _PLANTED[int(names[1:3] == ["b8", "conv1"])]
        signal = np.outer(direction, draw.choice([-2.0, 1.0], leaf.shape[1]))
        return jnp.asarray(signal + 0.01 * draw.standard_normal(leaf.shape), leaf.dtype)

    params = jax.tree_util.tree_map_with_path(plant, gan.params)
    return dataclasses.replace(gan, params=params)


@pytest.mark.parametrize(("layers", "want"), [((0, 1, 3, 5), 0), ((2,), 1), (None, 0)])
def test_finds_the_direction_that_styles_follow(layers, want):
    found = components.sefa(_planted_gan(), layers=layers)
    # Of up to 44 units, each within 0.02 of it.
    cosine = abs(np.asarray(found.vectors["w"][0]) @ _PLANTED[want])
    assert cosine > 0.999
    # All is that of one direction, or of two where layer 2 is with the others.
    explained = found.values[: 2 if layers is None else 1].sum() / found.values.sum()
    assert explained > 0.99


def _columns(gan, names):
    """Jacobian of taps in `z`, transposed: they are linear in it."""
    latents = gan.sample_latents(1, key=jax.random.key(5))

    def taps(z):
        found = gan.forward(gan.params, latents._replace(z=z[None]), None)[1]
        return jnp.concatenate([found[name].ravel() for name in names])

    return np.asarray(jax.jit(jax.jacfwd(taps))(latents.z[0]), np.float64).T


def _awake(gan):
    """The DCGAN with biases that no unit of its first layer is below 0 with."""
    params = jax.tree.map(lambda leaf: leaf, gan.params)
    norm = params["params"]["norm1"]
    norm["bias"] = jnp.full_like(norm["bias"], 1e3)
    return dataclasses.replace(gan, params=params)


def _factors(gan, prefix=""):
    names = [name for name in gan.conditional_layers if name.startswith(prefix)]
    return [f"{name}.{factor}" for name in names for factor in ("gain", "bias")]


@pytest.mark.parametrize(
    ("kind", "layers", "names"),
    [
        ("biggan", None, lambda gan: ["linear", *_factors(gan)]),
        ("biggan", (2,), lambda gan: _factors(gan, "block1.")),
        ("biggan_unshared", None, lambda gan: ["linear"]),
        ("biggan_deep", None, lambda gan: ["linear", *_factors(gan)]),
        ("biggan_deep", (0, 3), lambda gan: ["linear", *_factors(gan, "block2.")]),
        # After normalization and ReLU: a multiple of the weights of each unit.
        ("dcgan_conditional", (0,), lambda gan: ["layer1"]),
    ],
)
def test_directions_are_those_that_taps_respond_to(kind, layers, names):
    gan = make_gan(kind)
    gan = _awake(gan) if kind.startswith("dcgan") else gan
    columns = _columns(gan, names(gan))
    length = np.linalg.norm(columns, axis=0)
    columns = columns / length
    found = components.sefa(gan, layers=layers)
    vectors = np.asarray(found.vectors["z"], np.float64)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(len(vectors)), atol=1e-5)
    # The scatter made of them again, which degenerate values do not trouble.
    got = vectors.T @ np.diag(np.asarray(found.values, np.float64)) @ vectors
    want = columns @ columns.T
    np.testing.assert_allclose(got, want, atol=1e-5 * np.abs(want).max())
    assert (np.diff(found.values) <= 0).all()
    assert (vectors.max(axis=1) == np.abs(vectors).max(axis=1)).all()


def test_layers_of_a_stylegan_are_the_rows_of_w_plus():
    gan = make_gan("stylegan")
    _, taps = jax.eval_shape(
        gan.forward, gan.params, gan.sample_latents(1, key=jax.random.key(0))
    )
    rows = taps["w_plus"].shape[1]
    with pytest.raises(ValueError, match=f"are 0 to {rows - 1}"):
        components.sefa(gan, layers=(rows,))
    found = components.sefa(gan, layers=(1, 4))
    styles = [
        gan.params["params"][block][name]["style"]["kernel"]
        for block, name in (("b4", "conv1"), ("b16", "conv0"))
    ]
    columns = np.concatenate(styles, axis=1).astype(np.float64)
    columns /= np.linalg.norm(columns, axis=0)
    vectors = np.asarray(found.vectors["w"], np.float64)
    got = vectors.T @ np.diag(np.asarray(found.values, np.float64)) @ vectors
    np.testing.assert_allclose(got, columns @ columns.T, rtol=0, atol=1e-4)


def test_a_unit_that_reads_nothing_counts_for_nothing():
    gan = make_gan("progan")
    kernel = gan.params["params"]["layer1"]["kernel"]
    params = {"params": dict(gan.params["params"])}
    parts = {
        "zeros": kernel.at[:, :5].set(0.0),
        "without": kernel[:, 5:],
    }
    found = []
    for part in parts.values():
        params["params"]["layer1"] = {"kernel": part}
        found.append(components.sefa(dataclasses.replace(gan, params=params)))
    np.testing.assert_array_equal(found[0].values, found[1].values)


@pytest.mark.parametrize(
    ("change", "layers", "complaint"),
    [
        (
            {},
            (3, 7),
            r"layers is \(3, 7\); those of small style .* 0 to 5",
        ),
        ({}, (-1,), r"layers is \(-1,\)"),
        ({}, (), r"layers is \(\)"),
        ({"family": "planted"}, None, "family 'planted', reads .* only for biggan, "),
    ],
)
def test_what_cannot_be_factorized_is_refused(change, layers, complaint):
    gan = dataclasses.replace(style_gan(), **change)
    with pytest.raises(ValueError, match=complaint):
        unchecked(components.sefa)(gan, layers=layers)


def test_weights_that_are_not_finite_are_refused():
    gan = style_gan()
    broken = dataclasses.replace(gan, params=jax.tree.map(lambda x: x / 0, gan.params))
    with pytest.raises(ValueError, match="small style that read w are not finite"):
        components.sefa(broken)
