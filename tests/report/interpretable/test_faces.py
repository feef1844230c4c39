"""Which groups are a face's, and whom swapped images are taken for."""

import pathlib

import jax
import numpy as np
import pytest

from jgan.interpretable import Agreement
from jgan.report.interpretable.faces import groups_of_the_face, identities
from jgan.segment import FaceIdentity
from tests.interpretable import planted

pytestmark = pytest.mark.usefixtures("unoptimized")


class FirstChannel(FaceIdentity):
    """Tells images apart by their red alone."""

    def embed(self, images):
        red = np.asarray(images)[..., 0].reshape(len(images), -1)
        return red / red.max(axis=1, keepdims=True)


def _agreement(shares, unit_shares):
    none = np.zeros(len(unit_shares))
    tables = {"concept_iou": np.zeros_like(shares), "concept_shares": shares}
    return Agreement(0.5, 0.1, none, np.array(unit_shares), none, none, **tables)


def test_groups_of_the_face_are_more_on_it_than_on_the_background():
    shares = np.array([[0.2, 0.3, 0.5], [0.5, 0.1, 0.4], [0, 0, 1.0], [0, 0, 0.0]])
    # The last has no region.
    found = _agreement(shares, [0.25, 0.25, 0.25, 0.25])
    assert groups_of_the_face(found, ("lips", "face", "background")) == (1,)
    assert groups_of_the_face(found, ("background", "lips", "face")) == (0, 2)
    assert groups_of_the_face(found, ("sky", "tree", "house")) == ()
    # Of half of the region, nothing is known.
    unknown = _agreement(np.array([[0.2, 0.1, 0.2], [0.1, 0.1, 0.3]]), [0.5, 0.5])
    assert groups_of_the_face(unknown, ("lips", "face", "background")) == (0,)


def test_a_face_swapped_whole_is_the_source_s():
    gan, labels = planted.grouped_gan(), planted.groups()
    # The other is the smallest, so that as many units are left to draw from.
    shown, other = int(labels[0]), len(planted.SIZES) - 1
    found = identities(
        gan,
        planted.partition(labels),
        (shown, other),
        FirstChannel(pathlib.Path()),
        key=jax.random.key(0),
    )
    assert found.swapped.rate == 1
    assert found.swapped.num_pairs == 256
    # Neither touches the first unit.
    for beside in (found.random, found.unchanged):
        assert beside.rate < 0.2
    assert found.unchanged.rate < found.pasted.rate
    # There are fewer others than are swapped.
    found = identities(
        gan,
        planted.partition(labels),
        (0, 1),
        FirstChannel(pathlib.Path()),
        key=jax.random.key(0),
    )
    assert found.random is None
    assert found.swapped is not None


def test_without_any_face_nobody_is_compared():
    class Nobody(FaceIdentity):
        def embed(self, images):
            return np.full((len(images), 3), np.nan)

    found = identities(
        planted.grouped_gan(),
        planted.partition(planted.groups()),
        (0,),
        Nobody(pathlib.Path()),
        key=jax.random.key(0),
    )
    assert found == (None, None, None, None)
