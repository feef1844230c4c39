"""Pages of small generators, each written once for all tests."""

import dataclasses
import functools

import numpy as np
import pytest

from jgan.metrics import ClassPerformance
from jgan.report import write_awareness
from tests.awareness.planted import parts_gan
from tests.generators import make_gan
from tests.report.conftest import small_gan

NUM_LATENTS, SEED = 3, 4
# All names need escaping, in HTML and as names of files, and one is only a number.
NAMES = ("a & <hot>", 'b "c"/d', "7")
LAYER = "fine/<2>"
MANY = 66


def planted_gan():
    """Three channels of each class show the parts of its images, all others nothing."""
    gan = parts_gan()
    renamed = lambda name: name.replace("fine", LAYER)

    def forward(params, latents, edits=None):
        plain = {n.replace(LAYER, "fine"): edit for n, edit in (edits or {}).items()}
        images, taps = gan.forward(params, latents, plain)
        return images, {renamed(n): x for n, x in taps.items() if n.startswith("fine")}

    return dataclasses.replace(
        gan,
        name="<b>parts & 'co'</b>",
        forward=forward,
        layers={LAYER: gan.layers["fine"]},
        conditional_layers=(LAYER,),
        class_names=NAMES,
    )


def many_gan():
    """Many classes: those of a small generator, over and over."""
    gan = make_gan("dcgan_conditional")

    def sample(num_images, *, class_label=None, **options):
        few = None if class_label is None else class_label % gan.num_classes
        return gan.sample_latents(num_images, class_label=few, **options)

    names = tuple(f"kind {number}" for number in range(MANY))
    return dataclasses.replace(gan, class_names=names, sample_latents=sample)


PERFORMANCE = ClassPerformance(
    np.array([3.0, 1.0, 2.0]),
    np.array([0.5, 0.7, 0.9]),
    # Does not vary: it correlates with nothing.
    np.array([0.25, 0.25, 0.25]),
    np.array([7.0, 9.0, 8.0]),
)
GANS = {
    "planted": functools.cache(planted_gan),
    "biggan": lambda: small_gan("biggan"),
    "measured": lambda: make_gan("dcgan_conditional"),
    "many": functools.cache(many_gan),
}
OPTIONS = {
    "planted": {"performance": lambda: PERFORMANCE},
    # Out of their order.
    "biggan": {"classes": ("4", "0", "2")},
    "measured": {},
    "many": {"num_latents": 1, "classes": ("kind 1", "kind 64")},
}


def write_page_of(kind, folder, **options):
    """Returns a page, some options of which may differ."""
    options = {"num_latents": NUM_LATENTS, "seed": SEED} | OPTIONS[kind] | options
    return write_awareness(GANS[kind](), folder, **options)


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    @functools.cache
    def write(kind):
        folder = tmp_path_factory.mktemp("awareness") / kind
        return write_page_of(kind, folder).parent

    return write


def bytes_of(folder):
    """Returns all that is in a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(f.relative_to(folder)): f.read_bytes() for f in files}
