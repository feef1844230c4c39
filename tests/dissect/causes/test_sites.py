"""Places show a concept or do not, however few there are; and refusals."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import dissect
from jgan.dissect import causes
from jgan.segment import from_function
from tests.dissect.causes.planted import CAUSAL, COLORS, CONCEPTS, DECOYS, planted_gan

pytestmark = pytest.mark.usefixtures("unoptimized")

NUM_IMAGES = 64
HOUSE = CONCEPTS.index("house")


def _find(segmenter=COLORS, layer="layer", **options):
    """Returns sites, by default as many as there are images."""
    sample = dissect.Sample(num_images=NUM_IMAGES, batch_size=16, key=jax.random.key(0))
    options = {"concept": "house", "num_sites": NUM_IMAGES} | options
    return causes.find_sites(
        planted_gan(), layer, segmenter=segmenter, sample=sample, **options
    )


@functools.cache
def _labels(segmenter=COLORS):
    gan = planted_gan()
    latents = gan.sample_latents(NUM_IMAGES, key=jax.random.key(0))
    return np.asarray(segmenter.segment(gan.forward(gan.params, latents)[0]))


def _cells(places, segmenter=COLORS):
    """Labels of the four pixels of each place."""
    gan = planted_gan()
    labels = segmenter.segment(gan.forward(gan.params, places.latents)[0])
    cells = np.asarray(labels).reshape(-1, 8, 2, 8, 2).swapaxes(2, 3)
    return cells[np.arange(len(cells)), places.row, places.col].reshape(-1, 4)


def test_there_are_as_many_places_as_images_that_show_it():
    sites = _find()
    showing = (_labels() == HOUSE).any(axis=(1, 2)).sum()
    assert 0 < showing < NUM_IMAGES
    assert len(sites.present.row) == showing
    assert (_cells(sites.present) == HOUSE).all()
    assert len(sites.candidate.row) == NUM_IMAGES
    assert (_cells(sites.candidate) != HOUSE).all()
    # The value is what causal units and decoys have in a house.
    assert sites.value[jnp.asarray(CAUSAL + DECOYS)].min() > 0.5
    assert 0 < sites.score < 0.2
    # The images with most of it, and those that take it most readily.
    few = _find(num_sites=5)
    for mine, all_ in ((few.present, sites.present), (few.candidate, sites.candidate)):
        for got, want in zip(mine[1:], all_[1:], strict=True):
            np.testing.assert_array_equal(got, want[:5])


def test_where_a_concept_is_common_few_places_have_room():
    candidate = _find(concept="land").candidate
    # Five tries an image, most of them on the land.
    assert 0 < len(candidate.row) < NUM_IMAGES / 2
    assert (_cells(candidate) != CONCEPTS.index("land")).all()


def _with_scores(change):
    """A segmenter that sees houses by other probabilities."""

    def scores(images):
        house = change(jnp.exp(COLORS.scores(images)[..., HOUSE]))
        rest = jnp.log(jnp.clip((1 - house) / 2, 1e-6, 1.0))
        return jnp.stack([rest, rest, jnp.log(jnp.clip(house, 1e-6, 1.0))], axis=-1)

    labels = lambda images: scores(images).argmax(axis=-1).astype(jnp.int32)
    return from_function(labels, CONCEPTS, scores=scores)


# One pixel of the four of a cell.
_ONE = np.tile([[0.0, 1.0], [0.0, 0.0]], (1, 8, 8)).astype(np.float32)
PANES = _with_scores(lambda house: house * _ONE)


def test_a_concept_may_be_smaller_than_a_cell():
    sites = _find(PANES)
    showing = (_labels(PANES) == HOUSE).any(axis=(1, 2)).sum()
    assert len(sites.present.row) == showing > 0
    assert ((_cells(sites.present, PANES) == HOUSE).sum(axis=1) == 1).all()
    assert (_cells(sites.candidate, PANES) != HOUSE).all()


@pytest.mark.parametrize(
    ("segmenter", "complaint"),
    [
        # As a softmax, which is above 0 everywhere; most of it where houses are.
        (
            _with_scores(lambda house: 0.1 + 0.35 * house),
            "None of 64 images of houses shows 'house'.* Search more",
        ),
        (
            _with_scores(lambda house: 0.9 + 0.05 * house),
            "tried in 64 images of houses shows 'house' already. Search more",
        ),
    ],
    ids=["nowhere", "everywhere"],
)
def test_without_places_of_one_kind_the_remedy_is_told(segmenter, complaint):
    with pytest.raises(causes.NoSitesError, match=complaint):
        _find(segmenter, num_sites=4)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"layer": "layer9"}, "no layer 'layer9'"),
        ({"concept": "tree"}, "no concept 'tree'.*sky, land, house"),
        ({"num_sites": 65}, "num_sites is 65"),
        ({"num_sites": 0}, "num_sites is 0"),
    ],
)
def test_sites_that_cannot_be_found_are_refused(change, complaint):
    with pytest.raises(ValueError, match=complaint):
        _find(**change)
