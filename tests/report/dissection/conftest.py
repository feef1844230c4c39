"""Dissections of the generator of sparks, each written once for all tests."""

import functools

import jax
import jax.numpy as jnp
import pytest

from jgan.report import write_dissection
from tests.report.dissection.planted import LABELS_ONLY, LATE, SCORED, sparks_gan

# Of a seed by which some units of the control are named, and some by chance.
NUM_IMAGES, SEED = 24, 10


def dead_gan():
    """The generator with all parameters zero: its images are black."""
    return sparks_gan(jax.tree.map(jnp.zeros_like, sparks_gan().params))


OPTIONS = {
    "scored": {"segmenter": SCORED},
    "labels_only": {"segmenter": LABELS_ONLY, "layers": (LATE,)},
    "nameless": {"segmenter": LABELS_ONLY, "layers": (LATE,)},
}


def dissect_sparks(kind, folder, *, gan=None, **options):
    """Returns the page of a dissection, some options of which may differ."""
    gan = gan or (dead_gan() if kind == "nameless" else sparks_gan())
    options = {"num_images": NUM_IMAGES, "seed": SEED} | OPTIONS[kind] | options
    return write_dissection(gan, folder, **options)


@pytest.fixture(scope="session")
def dissections(tmp_path_factory):
    @functools.cache
    def write(kind):
        folder = tmp_path_factory.mktemp("dissections") / kind
        return dissect_sparks(kind, folder).parent

    return write


def bytes_of(folder):
    """Returns all that is in a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(f.relative_to(folder)): f.read_bytes() for f in files}
