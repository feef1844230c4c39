"""Halves of components against the original's, and against a plain loop with SciPy."""

import dataclasses
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.ndimage

from jgan import dissect, stats
from jgan.segment import ScoringSegmenter, Segmenter, with_halves
from jgan.segment._components import components
from tests.dissect.planted import COLORS, NUM_UNITS, SQUARE, planted_gan

pytestmark = pytest.mark.usefixtures("unoptimized")

_GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "halves.npz"
_OBJECTS = tuple(f"object{i}" for i in range(5))
_TOUCHING = np.ones((3, 3), int)


class _Painted:
    """Shows what was painted: its labels are the first colors, from 0."""

    def __init__(self, concepts, slots=None):
        self.concepts, self.slots = concepts, slots

    def segment(self, images):
        labels = images.astype(jnp.int32)
        return labels[..., 0] if self.slots is None else labels[..., : self.slots]


def _paint(labels):
    slots = labels.reshape(*labels.shape[:3], -1)
    rest = np.zeros((*labels.shape[:3], 3 - slots.shape[-1]))
    return jnp.asarray(np.concatenate([slots, rest], axis=-1), jnp.float32)


def _loop(labels, num_concepts, chosen):
    """Halves of one slot: number of the half, upright and sideways."""
    found = np.full((2, *labels.shape), -1)
    for image, concept in np.ndindex(len(labels), num_concepts):
        if concept not in chosen:
            continue
        place = chosen.index(concept)
        split, many = scipy.ndimage.label(labels[image] == concept, _TOUCHING)
        for one in range(1, many + 1):
            mask = split == one
            for axis, names in enumerate(((0, 2), (1, 3))):
                at = np.nonzero(mask)[axis]
                middle = (at.min() + at.max() + 1) // 2
                half = np.where(at < middle, *names)
                number = num_concepts + len(chosen) * half + place
                found[axis, image][mask] = number
    return found


def test_halves_are_the_originals_but_for_the_one_it_forgets():
    with np.load(_GOLDEN) as file:
        segs = file["segs"].astype(int) - 1
    halved = with_halves(_Painted(_OBJECTS), _OBJECTS)
    got = np.asarray(jax.jit(halved.segment)(_paint(segs[:, 0])))
    want = segs[:, [0, 3, 4]].transpose(0, 2, 3, 1)
    forgotten = (want[..., 0] >= 0) & (want[..., 1] < 0)
    np.testing.assert_array_equal(got[~forgotten], want[~forgotten])
    for mask, labels in zip(forgotten, want[..., 0], strict=True):
        assert scipy.ndimage.label(mask, _TOUCHING)[1] == 1
        assert len(np.unique(labels[mask])) == 1
    assert (got[forgotten] >= 0).all()


def test_names_are_in_the_originals_order():
    halved = with_halves(_Painted(("sky", "tree", "dog")), ("dog", "tree"))
    assert halved.concepts == (
        *("sky", "tree", "dog"),
        *("dog-t", "tree-t", "dog-l", "tree-l", "dog-b", "tree-b", "dog-r", "tree-r"),
    )


@pytest.mark.parametrize("slots", [None, 1, 2])
@pytest.mark.parametrize("chosen", [[0], [2, 0], [0, 1, 2]])
def test_halves_are_those_of_a_plain_loop(slots, chosen):
    shape = (3, 9, 14, slots or 1)
    labels = np.random.default_rng(0).integers(-1, 3, shape)
    names = ("a", "b", "c")
    halved = with_halves(_Painted(names, slots), [names[i] for i in chosen])
    got = jax.jit(halved.segment)(_paint(labels))
    each = [_loop(labels[..., i], 3, chosen) for i in range(slots or 1)]
    upright, sideways = np.moveaxis(np.stack(each, axis=-1), 0, 0)
    np.testing.assert_array_equal(
        got, np.concatenate([labels, upright, sideways], axis=-1)
    )


def _spiral():
    """A path of one pixel's width, as long as half of the map."""
    turns = np.zeros((33, 33), int)
    for ring in range(0, 16, 2):
        turns[ring, ring : 33 - ring] = 1
        turns[ring : 33 - ring, 32 - ring] = 1
        turns[32 - ring, ring : 33 - ring] = 1
        turns[ring + 2 : 33 - ring, ring] = 1
        turns[ring + 2, ring + 1] = 1
    return turns


def test_components_are_those_of_scipy():
    rng = np.random.default_rng(1)
    noise = [rng.random((33, 33)) < share for share in (0.2, 0.4, 0.6)]
    maps = np.stack([_spiral(), *noise]).astype(np.int32)
    roots = np.asarray(jax.jit(components)(jnp.asarray(maps)))
    for image, labels in enumerate(maps):
        for label in (0, 1):
            mine, want = roots[image], scipy.ndimage.label(labels == label, _TOUCHING)
            here = want[0] > 0
            pairs = np.unique([mine[here], want[0][here]], axis=1)
            # One to one.
            assert len(pairs[0]) == len({*pairs[0]}) == want[1]
    assert scipy.ndimage.label(_spiral(), _TOUCHING)[1] == 1
    # Each is named by one of its own pixels, so no two images share one.
    own = np.arange(maps.size).reshape(maps.shape)
    assert (roots.reshape(-1)[roots] == roots).all()
    assert (roots <= own).all()
    assert (roots // maps[0].size == own // maps[0].size).all()


def test_a_unit_that_draws_tops_is_named_so():
    gan = planted_gan()
    forward = gan.forward

    def with_tops(params, latents, edits=None):
        images, taps = forward(params, latents, edits)
        square = taps["layer"][..., SQUARE]
        top = square * (1 - jnp.roll(square, 1, axis=1))
        return images, {"layer": taps["layer"].at[..., 4].set(top)}

    found = dissect.dissect(
        dataclasses.replace(gan, name="tops", forward=with_tops),
        {"layer": np.full(NUM_UNITS, 0.5)},
        segmenter=with_halves(COLORS, ("square",)),
        categories=[0, 0, 1, 1, 1, 1],
        sample=dissect.Sample(num_images=40, batch_size=20, key=jax.random.key(0)),
    )["layer"]
    # Two rows of pixels, of the three that are the upper half.
    assert found.units_of("square-t") == [4]
    assert found.iou[4, found.concepts.index("square-t")] == pytest.approx(2 / 3)
    assert found.units_of("square") == [SQUARE]
    # Every pixel of the whole is in one of two halves, both ways.
    whole, top, left, bottom, right = found.overlap.both[:, 1:].T
    np.testing.assert_array_equal(top + bottom, whole)
    np.testing.assert_array_equal(left + right, whole)


def test_it_is_a_pytree_if_the_segmenter_is_one(network, scenes):
    traces = []

    @jax.jit
    def run(segmenter, images):
        traces.append(1)
        return segmenter.segment(images)

    halved = with_halves(network, ("tree", "house"))
    assert isinstance(halved, Segmenter)
    assert not isinstance(halved, ScoringSegmenter)
    assert stats.as_pytree(halved) is halved
    labels = run(halved, scenes.images)
    np.testing.assert_array_equal(labels[..., 0], network.segment(scenes.images))
    other = jax.tree.map(lambda x: -x, halved)
    assert (run(other, scenes.images)[..., 0] != labels[..., 0]).any()
    assert len(traces) == 1


def test_of_equal_segmenters_they_are_equal():
    make = lambda: with_halves(COLORS, ["square"])
    assert make() == make()
    assert hash(make()) == hash(make())
    assert not isinstance(stats.as_pytree(make()), ScoringSegmenter)


@pytest.mark.parametrize(("label", "stays"), [(3, 7), (5, 9), (-2, -2)])
def test_labels_that_name_nothing_name_no_half(label, stays):
    halved = with_halves(_Painted(("sky", "ground", "square")), ("square",))
    assert len(halved.concepts) == 7
    labels = np.asarray(halved.segment(_paint(np.full((1, 4, 4), label))))
    # `collect` refuses them.
    assert (labels[..., 0] == stays).all()
    assert (labels[..., 1:] == -1).all()


def test_small_integers_do_not_overflow_and_fractions_are_refused():
    class Ignored(_Painted):
        def segment(self, images):
            return jnp.full(images.shape[:3], 255, self.slots)

    images = jnp.zeros((1, 4, 4, 3))
    for dtype in (jnp.uint8, jnp.int16):
        halved = with_halves(Ignored(("square",), dtype), ("square",))
        labels = np.asarray(halved.segment(images))
        assert (labels[..., 0] >= len(halved.concepts)).all()
    halved = with_halves(Ignored(("square",), jnp.float32), ("square",))
    with pytest.raises(ValueError, match="float32 labels; they are integers"):
        halved.segment(images)


@pytest.mark.parametrize("of", [(), ("tree",), ("square", "square"), "square"])
def test_what_cannot_be_cut_is_refused(of):
    with pytest.raises(ValueError, match="Halves are asked of .* ground, square, each"):
        with_halves(COLORS, of)
