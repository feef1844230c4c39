"""The factors of a scene: everything that decides its pixels, and how they are drawn.

The picture is a function of its factors alone (`render`), so to change one and look is
an experiment.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from jgan.worlds.scenes.classes import TABLE

MAX_CLOUDS = 3
MAX_TREES = 5


class Factors(NamedTuple):
    """What decides the pixels of one scene. Lengths are parts of the image's side.

    An object that is absent has factors all the same, drawn as if it were there.

    Attributes:
        class_label: Kind of landscape, an index into `CLASS_NAMES`.
        horizon: Distance of the ground from the top.
        brightness: Factor of every color but those that shine, low at night.
        sky_color: In [0, 1], at the top of the sky, before brightness.
        ground_color: In [0, 1], before brightness.
        sun: Whether there is a sun; the moon in class night.
        sun_x: Its center.
        sun_y: Its center.
        sun_size: Its radius.
        cloud_count: How many of the clouds below are there.
        cloud_x: Center of each.
        cloud_y: Center of each.
        cloud_size: Half the width of each.
        mountain: Whether there are mountains.
        mountain_height: Of the higher of two peaks, above the ground or the water.
        mountain_x: Of the two peaks.
        water: Height of the water above the ground, 0 for none.
        house: Whether there is a house.
        house_x: Middle of its wall.
        house_base: Bottom of its wall.
        house_size: Width of its wall.
        house_color: Of its wall, in [0, 1], before brightness.
        roof_color: In [0, 1], before brightness.
        tree_count: How many of the trees below are there.
        tree_x: Stem of each.
        tree_base: Bottom of the stem of each.
        tree_size: Height of each.
    """

    class_label: Int[Array, ""]
    horizon: Float[Array, ""]
    brightness: Float[Array, ""]
    sky_color: Float[Array, " color"]
    ground_color: Float[Array, " color"]
    sun: Bool[Array, ""]
    sun_x: Float[Array, ""]
    sun_y: Float[Array, ""]
    sun_size: Float[Array, ""]
    cloud_count: Int[Array, ""]
    cloud_x: Float[Array, " cloud"]
    cloud_y: Float[Array, " cloud"]
    cloud_size: Float[Array, " cloud"]
    mountain: Bool[Array, ""]
    mountain_height: Float[Array, ""]
    mountain_x: Float[Array, " peak"]
    water: Float[Array, ""]
    house: Bool[Array, ""]
    house_x: Float[Array, ""]
    house_base: Float[Array, ""]
    house_size: Float[Array, ""]
    house_color: Float[Array, " color"]
    roof_color: Float[Array, " color"]
    tree_count: Int[Array, ""]
    tree_x: Float[Array, " tree"]
    tree_base: Float[Array, " tree"]
    tree_size: Float[Array, " tree"]


def draw_factors(class_label: Int[Array, ""], *, key: PRNGKeyArray) -> Factors:
    """Returns the factors of one scene of a class, each drawn from its range.

    Args:
        class_label: Index into `CLASS_NAMES`; may be traced.
        key: Consumed whole.
    """
    look = jax.tree.map(lambda column: jnp.asarray(column)[class_label], TABLE)
    names = (*Factors._fields, "is_there_water")
    keys = dict(zip(names, jax.random.split(key, len(names)), strict=True))

    def between(name: str, low, high, shape=()):
        return jax.random.uniform(keys[name], shape, minval=low, maxval=high)

    def chance(name: str, probability):
        return jax.random.uniform(keys[name]) < probability

    def count(name: str, ends):
        return jax.random.randint(
            keys[name], (), ends[0].astype(int), ends[1].astype(int) + 1
        )

    horizon = between("horizon", *look.horizon)
    water = jnp.where(
        chance("is_there_water", look.water), between("water", 0.06, 0.14), 0.0
    )
    return Factors(
        class_label=class_label,
        horizon=horizon,
        brightness=between("brightness", *look.brightness),
        sky_color=between("sky_color", *look.sky, shape=(3,)),
        ground_color=between("ground_color", *look.ground, shape=(3,)),
        sun=chance("sun", look.sun),
        sun_x=between("sun_x", 0.1, 0.9),
        sun_y=between("sun_y", 0.1, 0.3),
        sun_size=between("sun_size", 0.06, 0.1),
        cloud_count=count("cloud_count", look.clouds),
        cloud_x=between("cloud_x", 0.08, 0.92, (MAX_CLOUDS,)),
        cloud_y=between("cloud_y", 0.08, 0.28, (MAX_CLOUDS,)),
        cloud_size=between("cloud_size", 0.09, 0.16, (MAX_CLOUDS,)),
        mountain=chance("mountain", look.mountain),
        mountain_height=between("mountain_height", *look.mountain_height),
        mountain_x=between("mountain_x", 0.12, 0.88, (2,)),
        water=water,
        house=chance("house", look.house),
        house_x=between("house_x", 0.2, 0.8),
        house_base=horizon + between("house_base", 0.12, 0.24),
        house_size=between("house_size", 0.26, 0.38),
        house_color=between("house_color", 0.55, 0.95, (3,)),
        roof_color=jnp.asarray([0.66, 0.24, 0.18])
        + between("roof_color", -0.12, 0.12, (3,)),
        tree_count=count("tree_count", look.trees),
        tree_x=between("tree_x", 0.05, 0.95, (MAX_TREES,)),
        tree_base=horizon + between("tree_base", 0.1, 0.32, (MAX_TREES,)),
        tree_size=between("tree_size", 0.2, 0.32, (MAX_TREES,)),
    )
