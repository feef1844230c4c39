"""What compiled functions take for a segmenter does what it did, and no more."""

import jax
import jax.numpy as jnp
import pytest

from jgan import stats
from jgan.segment import ScoringSegmenter, Segmenter, scenes_network
from jgan.stats._chunk import labels_of
from tests.dissect.causes.planted import COLORS
from tests.stats.planted import SIGNS, Signs


@pytest.mark.parametrize("segmenter", [SIGNS, COLORS])
def test_a_held_segmenter_has_scores_if_it_had(segmenter):
    held = stats.as_pytree(segmenter)
    leaves, tree = jax.tree.flatten(held)
    assert leaves == []
    for one in (held, jax.tree.unflatten(tree, leaves)):
        assert isinstance(one, Segmenter)
        assert isinstance(one, ScoringSegmenter) == (segmenter is COLORS)
        assert one.concepts == segmenter.concepts


def test_a_pytree_of_arrays_is_left_as_it_is():
    network = scenes_network()
    assert stats.as_pytree(network) is network


def test_equal_segmenters_share_a_program():
    traces = []

    @jax.jit
    def run(segmenter, images):
        traces.append(1)
        return segmenter.segment(images)

    images = jnp.zeros((1, 8, 8, 3))
    run(stats.as_pytree(SIGNS), images)
    run(stats.as_pytree(SIGNS), images)
    assert len(traces) == 1
    run(stats.as_pytree(Signs()), images)
    assert len(traces) == 2


class _Beyond:
    """Tells where an image is within its range, at its end, and beyond."""

    concepts = ("within", "end", "beyond")

    def segment(self, images):
        farthest = jnp.abs(images).max(axis=-1)
        return jnp.where(farthest > 1, 2, jnp.where(farthest == 1, 1, 0))


def test_a_segmenter_is_shown_what_a_picture_shows():
    images = jnp.array([0.5, -3.0, 1.0, -1.0])[:, None, None, None]
    labels = labels_of(_Beyond(), jnp.broadcast_to(images, (4, 2, 2, 3)))
    assert labels[:, 0, 0, 0].tolist() == [0, 1, 1, 1]
