"""Small generators and their tours, each written once for all tests."""

import dataclasses
import functools

import pytest

from jgan.report import write_tour
from tests.generators import make_gan

KINDS = ("biggan", "dcgan", "dcgan_conditional")


@functools.cache
def small_gan(kind):
    gan = make_gan(kind)
    if kind != "biggan":
        return gan
    # Two layers of eleven: each layer of a tour is a compilation.
    kept = ("linear", "block2.act2")
    return dataclasses.replace(
        gan,
        name="<b>big & gan</b>",
        layers={name: gan.layers[name] for name in kept},
        conditional_layers=kept[1:],
    )


@pytest.fixture(scope="session")
def tours(tmp_path_factory):
    @functools.cache
    def write(kind):
        folder = tmp_path_factory.mktemp("tours") / kind
        write_tour(small_gan(kind), folder, num_images=6)
        return folder

    return write
