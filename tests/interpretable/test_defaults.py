"""What is trained where nobody says otherwise."""

import dataclasses

import jax
import numpy as np
import pytest
import sklearn.metrics

from jgan.interpretable import (
    TrainConfig,
    default_config,
    default_layer,
    default_num_groups,
    describe_units,
    partition_units,
)
from jgan.models import discriminators
from tests.generators import make_gan
from tests.interpretable import planted


@pytest.mark.parametrize(
    ("kind", "layer"),
    [
        # What is within a block has a way around it.
        ("biggan", "attention"),
        ("dcgan", "layer3"),
        ("stylegan2", "b16.conv1"),
        ("eigengan", "feature2"),
    ],
)
def test_the_layer_is_the_last_of_16_rows(kind, layer):
    assert default_layer(make_gan(kind)) == layer
    assert default_config(make_gan(kind)).layer == layer


def test_the_discriminator_halves_the_images_down_to_4_pixels():
    config = default_config(make_gan("biggan"), num_groups=5, seed=3)
    assert config.discriminator.units == (48, 96, 192)
    assert config.discriminator.num_classes == 5
    assert (config.num_groups, config.seed) == (5, 3)


def test_losses_that_the_paper_has_not_are_asked_for():
    """Runs of an older jgan, which had none of them, go on without."""
    config = default_config(make_gan("biggan"))
    plain = TrainConfig(
        layer="", num_groups=2, discriminator=discriminators.Config(units=(8,))
    )
    assert (config.locality_weight, config.fidelity_weight) == (10.0, 400.0)
    assert (plain.locality_weight, plain.fidelity_weight) == (0.0, 0.0)


def test_the_number_of_groups_is_the_nearest_to_the_planted_one():
    sizes = {"num_images": 24, "batch_size": 8}
    gan = planted.grouped_gan()
    found = default_num_groups(gan, planted.LAYER, **sizes)
    # Five groups are planted; more of them part what belongs together.
    assert found.num_groups == (6, 8, 12, 16)
    assert found.best == 6
    other = default_num_groups(gan, planted.LAYER, **sizes, seed=1)
    assert (found.silhouettes != other.silhouettes).all()
    # Units are compared on images that they were not grouped by.
    described, held_out = (
        describe_units(gan, planted.LAYER, **sizes, key=key)
        for key in jax.random.split(jax.random.key(0), 3)[:2]
    )
    groups = partition_units(described, num_groups=6, key=jax.random.key(5)).groups
    both = described.alive & held_out.alive
    points = held_out.points[both[held_out.alive]]
    want = sklearn.metrics.silhouette_score(points, groups[both])
    assert found.silhouettes[0] == pytest.approx(want, abs=1e-5)


def test_too_many_groups_for_the_active_units_are_left_out():
    gan = planted.grouped_gan()
    gain = np.asarray(gan.params["gain"])

    def found(num_active):
        alive = np.cumsum(planted.groups() >= 0) <= num_active
        few = dataclasses.replace(gan, params=gan.params | {"gain": alive * gain})
        sizes = {"num_images": 16, "batch_size": 8}
        return default_num_groups(few, planted.LAYER, **sizes)

    assert found(9).num_groups == (6, 8)
    with pytest.raises(ValueError, match="5 units are active; a number of groups"):
        found(5)


def test_what_does_not_fit_is_refused():
    gan = make_gan("biggan")
    with pytest.raises(ValueError, match="no layer 'block9'"):
        default_config(gan, layer="block9")
    with pytest.raises(ValueError, match="images of 48 pixels"):
        default_config(dataclasses.replace(gan, resolution=48))
