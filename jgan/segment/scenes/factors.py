"""The factors of a scene that can be read off its pixels, and when they can.

An object that is absent or hidden has factors all the same; nobody can read them. So
each number comes with a weight, 1 where the truth says that it shows and 0 elsewhere,
both for training and for judging.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from jgan.worlds.scenes import CONCEPTS, Scenes

# Mean and standard deviation where the factor can be read, over 20,000 scenes. Fixed,
# because weights are trained against them.
_STATISTICS = {
    "horizon": (0.559, 0.046),
    "brightness": (0.839, 0.173),
    "sky_red": (0.528, 0.149),
    "sky_green": (0.697, 0.177),
    "sky_blue": (0.897, 0.090),
    "ground_red": (0.592, 0.249),
    "ground_green": (0.670, 0.170),
    "ground_blue": (0.439, 0.240),
    "sun": (0.852, 0.355),
    "sun_x": (0.502, 0.234),
    "sun_y": (0.202, 0.058),
    "sun_size": (0.080, 0.012),
    "cloud_amount": (0.033, 0.028),
    "tree_count": (1.615, 1.396),
    "house": (0.423, 0.494),
    "house_x": (0.501, 0.175),
    "house_base": (0.743, 0.057),
    "house_size": (0.320, 0.035),
    "house_red": (0.748, 0.115),
    "house_green": (0.752, 0.115),
    "house_blue": (0.751, 0.116),
    "water": (0.020, 0.042),
    "mountain_height": (0.099, 0.128),
}
FACTOR_NAMES = tuple(_STATISTICS)
_MEAN, _DEVIATION = np.asarray(list(_STATISTICS.values()), np.float32).T

# Of an object's outline that must show for its place, size and color to be read.
_HALF = 0.5
# Of the square of a house's width: wall 0.56, roof 0.44 x 1.28 / 2.
_HOUSE_AREA = 0.84
_HOUSE_PARTS = ("house", "roof", "door", "window")


class Truth(NamedTuple):
    """The factors of images and where they can be read.

    Attributes:
        values: In natural units, one column for each of `FACTOR_NAMES`. Lengths are
            parts of the image's side, colors are in [0, 1] before brightness. ``sun``
            and ``house`` are 1 where there is one. ``cloud_amount`` is the part of all
            pixels that show cloud (jgan reconstruction: what clouds hide behind each
            other or a mountain is no amount anyone sees). ``water`` and
            ``mountain_height`` are 0 where there is none.
        weights: 1 where the factor can be read, else 0. Of the sun and the house, at
            least half the outline has to show. Whether one is there cannot be read
            where it is there and less shows.
    """

    values: Float[Array, "image factor"]
    weights: Float[Array, "image factor"]


def factor_truth(scenes: Scenes) -> Truth:
    """Returns the readable factors of scenes, with their weights."""
    true = scenes.factors
    sun = _share(scenes.segmentation, ("sun",))
    house = _share(scenes.segmentation, _HOUSE_PARTS)
    sees_sun = sun >= _HALF * np.pi * jnp.square(true.sun_size)
    sees_house = house >= _HALF * _HOUSE_AREA * jnp.square(true.house_size)
    columns = {
        "horizon": true.horizon,
        "brightness": true.brightness,
        **_color("sky", true.sky_color),
        **_color("ground", true.ground_color),
        "sun": true.sun,
        "sun_x": true.sun_x,
        "sun_y": true.sun_y,
        "sun_size": true.sun_size,
        "cloud_amount": _share(scenes.segmentation, ("cloud",)),
        "tree_count": true.tree_count,
        "house": true.house,
        "house_x": true.house_x,
        "house_base": true.house_base,
        "house_size": true.house_size,
        **_color("house", true.house_color),
        "water": true.water,
        "mountain_height": jnp.where(true.mountain, true.mountain_height, 0.0),
    }
    values = [columns[name].astype(jnp.float32) for name in FACTOR_NAMES]
    weights = [
        _readable(name, "sun", true.sun, sees_sun)
        & _readable(name, "house", true.house, sees_house)
        for name in FACTOR_NAMES
    ]
    return Truth(
        jnp.stack(values, axis=1), jnp.stack(weights, axis=1).astype(jnp.float32)
    )


def _share(
    segmentation: Int[Array, "image row col"], concepts: tuple[str, ...]
) -> Float[Array, " image"]:
    """Returns the part of an image's pixels that show one of some concepts."""
    shown = [segmentation == CONCEPTS.index(concept) for concept in concepts]
    return jnp.stack(shown).any(axis=0).mean(axis=(1, 2))


def _color(name: str, color: Float[Array, "image 3"]) -> dict[str, Array]:
    parts = ("red", "green", "blue")
    return {f"{name}_{part}": color[:, i] for i, part in enumerate(parts)}


def _readable(
    name: str, thing: str, there: Bool[Array, " image"], seen: Bool[Array, " image"]
) -> Bool[Array, " image"]:
    """Returns where a factor can be read as far as one thing decides that."""
    if name == thing:
        return ~there | seen
    return there & seen if name.startswith(f"{thing}_") else jnp.ones_like(there)


def standardize(values: Float[Array, "image factor"]) -> Float[Array, "image factor"]:
    """Returns factors in natural units with about mean 0 and deviation 1."""
    return (values - _MEAN[None]) / _DEVIATION[None]


def unstandardize(values: Float[Array, "image factor"]) -> Float[Array, "image factor"]:
    """Returns standardized factors in natural units."""
    return values * _DEVIATION[None] + _MEAN[None]
