"""What is trained where nobody says otherwise."""

import dataclasses

import pytest

from jgan.interpretable import default_config, default_layer, default_num_groups
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


def test_the_number_of_groups_is_the_nearest_to_the_planted_one():
    gan = planted.grouped_gan()
    found = default_num_groups(gan, planted.LAYER, num_images=24, batch_size=8)
    # Five groups are planted; more of them part what belongs together.
    assert found.num_groups == (6, 8, 12, 16)
    assert found.best == 6
    assert found.silhouettes[0] > found.silhouettes[1:].max() + 0.2


def test_what_does_not_fit_is_refused():
    gan = make_gan("biggan")
    with pytest.raises(ValueError, match="no layer 'block9'"):
        default_config(gan, layer="block9")
    with pytest.raises(ValueError, match="images of 48 pixels"):
        default_config(dataclasses.replace(gan, resolution=48))
