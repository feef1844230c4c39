"""Swaps: bit for bit nothing, the whole layer or the source, and what lies between."""

import functools

import jax
import numpy as np
import pytest

import jgan
from jgan.gan import Layer
from jgan.interpretable import DEAD, Fit, Partition, group_regions, swap, units_of
from jgan.taps import Replace
from tests.generators import make_gan
from tests.interpretable import planted

# Whose taps nothing gets around: there, the whole layer is the source.
_KINDS = {
    "biggan": "block1",
    "dcgan_conditional": "layer2",
    "stylegan2": "b8.conv1",
    "eigengan": "feature2",
    "scenes64": "block1",
}


@functools.cache
def _gan(kind):
    return jgan.load("scenes64") if kind == "scenes64" else make_gan(kind)


def _partition(layer, size, num_groups=3):
    units = size.units
    groups = np.arange(units) % (num_groups + 1) - 1
    assert DEAD in groups
    shares = np.zeros((units, num_groups))
    return Partition(
        layer,
        np.zeros((size.rows, size.cols, units), "f4"),
        groups,
        shares,
        Fit(0, 0, 0),
    )


def _pair(gan):
    draw = lambda seed: gan.sample_latents(2, key=jax.random.key(seed))
    return {"source": draw(0), "target": draw(1)}


@jax.jit
def _images(gan, latents):
    return gan.forward(gan.params, latents)[0]


def _assert_same_bits(got, want):
    assert np.asarray(got).tobytes() == np.asarray(want).tobytes()


@pytest.mark.parametrize("kind", _KINDS)
def test_the_ends_are_exact_bit_for_bit(kind):
    gan, layer = _gan(kind), _KINDS[kind]
    pair = _pair(gan)
    partition = _partition(layer, gan.layers[layer])
    nothing = swap(gan, partition, (), **pair)
    _assert_same_bits(nothing, _images(gan, pair["target"]))

    @jax.jit
    def replaced(gan, source, target):
        _, taps = gan.forward(gan.params, source)
        return gan.forward(gan.params, target, {layer: Replace(taps[layer])})[0]

    whole = swap(gan, partition, None, **pair)
    _assert_same_bits(whole, replaced(gan, **pair))
    assert not np.array_equal(whole, nothing)
    source = swap(gan, partition, None, **pair, conditioned_on="source")
    _assert_same_bits(source, _images(gan, pair["source"]))


@pytest.mark.parametrize("conditioned_on", ["source", "target"])
def test_a_group_is_what_a_forward_pass_makes_of_the_mixed_maps(conditioned_on):
    gan, layer = _gan("biggan"), "block1"
    pair = _pair(gan)
    partition = _partition(layer, gan.layers[layer])
    tap = lambda latents: np.asarray(gan.forward(gan.params, latents)[1][layer])
    chosen = np.isin(partition.groups, [0, 2])
    mixed = np.where(chosen, tap(pair["source"]), tap(pair["target"]))
    want, _ = gan.forward(gan.params, pair[conditioned_on], {layer: Replace(mixed)})
    got = swap(gan, partition, [0, 2], **pair, conditioned_on=conditioned_on)
    np.testing.assert_allclose(got, want, atol=2e-5)
    assert np.abs(got - swap(gan, partition, 1, **pair)).max() > 1e-3


@pytest.mark.parametrize("conditioned_on", ["source", "target"])
def test_only_the_places_asked_for_are_swapped(conditioned_on):
    gan, layer = _gan("biggan"), "block1"
    pair, size = _pair(gan), gan.layers["block1"]
    partition = _partition(layer, size)
    here = np.zeros((2, size.rows, size.cols), bool)
    here[0, :3, 1:], here[1, 2:] = True, True
    tap = lambda latents: np.asarray(gan.forward(gan.params, latents)[1][layer])
    chosen = here[..., None] & (partition.groups == 1)
    mixed = np.where(chosen, tap(pair["source"]), tap(pair["target"]))
    want, _ = gan.forward(gan.params, pair[conditioned_on], {layer: Replace(mixed)})
    of_one = {"conditioned_on": conditioned_on} | pair
    got = swap(gan, partition, 1, **of_one, places=here)
    np.testing.assert_allclose(got, want, atol=2e-5)
    shared = swap(gan, partition, 1, **of_one, places=here[:1])
    twice = swap(gan, partition, 1, **of_one, places=here[[0, 0]])
    _assert_same_bits(shared, twice)
    nowhere = swap(gan, partition, None, **pair, places=np.zeros_like(here[:1]))
    _assert_same_bits(nowhere, _images(gan, pair["target"]))
    everywhere = swap(gan, partition, 1, **pair, places=np.ones_like(here))
    _assert_same_bits(everywhere, swap(gan, partition, 1, **pair))


def test_groups_are_units_and_the_dead_belong_to_the_whole_alone():
    partition = _partition("any", Layer(2, 2, 8))
    np.testing.assert_array_equal(units_of(partition, 1), partition.groups == 1)
    np.testing.assert_array_equal(units_of(partition, None), True)
    every = units_of(partition, [0, 1, 2])
    np.testing.assert_array_equal(every, partition.groups != DEAD)


def test_regions_are_where_the_planted_squares_are():
    gan = planted.grouped_gan()
    labels = planted.groups()
    partition = planted.partition(labels)
    latents = gan.sample_latents(6, key=jax.random.key(0))
    squares = np.asarray(planted.squares(latents.z)) > 0
    for group in range(len(planted.SIZES)):
        got = group_regions(gan, partition, group, latents)
        np.testing.assert_array_equal(got, squares[..., group])
    both = group_regions(gan, partition, [0, 3], latents)
    np.testing.assert_array_equal(both, squares[..., 0] | squares[..., 3])
    assert not group_regions(gan, partition, (), latents).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"group": 3}, r"no group \[3\].* 0 to 2"),
        ({"group": (0, -1)}, r"no group \[-1\]"),
        ({"conditioned_on": "both"}, "'both'; give 'source' or 'target'"),
        ({"num_sources": 3}, "3 sources and 2 targets"),
        ({"size": {"units": 5}}, "5 units, and layer 'block1'"),
        (
            {"size": {"cols": 1}},
            r"rests of the shape \(16, 1, 16\).* has 16 x 16 places",
        ),
        (
            {"places": np.ones((1, 3, 3), bool)},
            r"shape \(1, 3, 3\); layer 'block1' tak",
        ),
        ({"then": lambda activation: activation}, "which JAX cannot trace"),
        ({"places": np.ones((3, 16, 16), bool)}, r"takes \(1 or 2, 16, 16\)"),
    ],
    ids=[
        "no such group",
        "negative group",
        "conditioned on neither",
        "more sources",
        "fewer units",
        "rests of fewer places",
        "smaller places",
        "an edit that is no pytree",
        "more places",
    ],
)
def test_what_does_not_fit_is_refused(options, message):
    gan = _gan("biggan")
    size = gan.layers["block1"]._replace(**options.pop("size", {}))
    source = gan.sample_latents(options.pop("num_sources", 2), key=jax.random.key(0))
    arguments = {"source": source, "target": _pair(gan)["target"]} | options
    group = arguments.pop("group", 0)
    with pytest.raises(ValueError, match=message):
        swap(gan, _partition("block1", size), group, **arguments)
