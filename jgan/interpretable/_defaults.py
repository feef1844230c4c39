"""What to train of a generator where nobody says otherwise."""

import math

import jax

from jgan import stats
from jgan.gan import Gan
from jgan.interpretable._config import TrainConfig
from jgan.interpretable._descriptors import describe_units
from jgan.interpretable._partition import CANDIDATES, GroupCounts, choose_num_groups
from jgan.models import discriminators

# Concepts are small there already, and units still of one concept rather than an edge.
_ROWS = 16
# Of scenes64 after 3,000 steps, with Fréchet distances of one draw of 4,000 images: at
# a fidelity of 300 and without the other, the distance was 1.16 times what it had been,
# and the locality of swaps 0.55 times; 500 steps later, with the other at 10, they were
# 1.19 and 0.35 times. As here, they were 1.22 and 0.20. More has not been tried.
_LOCALITY = 10.0
_FIDELITY = 400.0
# Those of the discriminator that scenes64 was trained against.
_FIRST, _MOST = 48, 192


def default_layer(gan: Gan) -> str:
    """Returns the last layer of 16 rows, or else the one with the nearest number.

    Of a residual block, or a layer of an EigenGAN, it is the end: what is within has a
    way around it.

    Args:
        gan: The generator.
    """
    within = lambda name: ".act" in name or name.startswith("phi")
    whole = [name for name in gan.layers if not within(name)]
    far = {name: abs(math.log2(gan.layers[name].rows / _ROWS)) for name in whole}
    nearest = min(far.values())
    return [name for name in whole if far[name] == nearest][-1]


def default_num_groups(
    gan: Gan, layer: str, *, num_images: int = 256, batch_size: int = 32, seed: int = 0
) -> GroupCounts:
    """Returns how well 6, 8, 12 and 16 groups suit a layer, and the best of them.

    Numbers of groups that the layer has too few active units for are left out.

    Args:
        gan: The generator.
        layer: Of it.
        num_images: To describe units on, and as many others to compare on.
        batch_size: Images at a time.
        seed: Of everything that is drawn.

    Raises:
        ValueError: If there is no such layer, or fewer than 6 of its units are active.
    """
    seen, others, starts = jax.random.split(jax.random.key(seed), 3)
    describe = lambda key: describe_units(
        gan, layer, num_images=num_images, batch_size=batch_size, key=key
    )
    described, held_out = describe(seen), describe(others)
    active = int((described.alive & held_out.alive).sum())
    candidates = [number for number in CANDIDATES if number <= active]
    if not candidates:
        raise ValueError(
            f"Of layer {layer!r} of {gan.name}, {active} units are active; a number of "
            f"groups is sought from {CANDIDATES[0]} on. Give one."
        )
    return choose_num_groups(described, held_out, candidates=candidates, key=starts)


def default_config(
    gan: Gan, *, layer: str | None = None, num_groups: int = 8, seed: int = 0
) -> TrainConfig:
    """Returns how to make a generator's layer interpretable.

    Args:
        gan: The generator, of a resolution that is a power of two.
        layer: Of it; None for `default_layer`.
        num_groups: Into how many groups its units are partitioned.
        seed: Of everything that is drawn.

    Raises:
        ValueError: If there is no such layer, or the resolution is another.
    """
    layer = default_layer(gan) if layer is None else layer
    stats.check_layers(gan, (layer,))
    halvings = math.log2(gan.resolution / 4)
    if halvings < 1 or halvings % 1:
        raise ValueError(
            f"{gan.name} makes images of {gan.resolution} pixels; a discriminator is "
            "known for powers of two from 8. Give a `TrainConfig` with your own."
        )
    units = tuple(min(_MOST, _FIRST * 2**i) for i in range(int(halvings)))
    return TrainConfig(
        layer=layer,
        num_groups=num_groups,
        discriminator=discriminators.Config(units=units, num_classes=gan.num_classes),
        locality_weight=_LOCALITY,
        fidelity_weight=_FIDELITY,
        seed=seed,
    )
