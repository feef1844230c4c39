"""The picture of a scene and its exact segmentation, painted back to front.

Every object is a list of paints: a coverage, a color, a concept. A pixel takes the
label of the last paint that covers at least half of it.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from jgan.worlds.scenes.classes import CLASS_NAMES, CONCEPTS, TABLE
from jgan.worlds.scenes.factors import MAX_CLOUDS, Factors
from jgan.worlds.scenes.shapes import (
    Canvas,
    Coverage,
    below,
    box,
    canvas,
    cover,
    disk,
    triangle,
)

_NIGHT = CLASS_NAMES.index("night")
_WINTER = CLASS_NAMES.index("winter")
_HALF = 0.5


class Picture(NamedTuple):
    """A picture in the making.

    Attributes:
        color: In [0, 1].
        concept: Index into `CONCEPTS` of what each pixel shows.
    """

    color: Float[Array, "row col 3"]
    concept: Int[Array, "row col"]


def _paint(picture: Picture, coverage: Coverage, color: Array, concept: str) -> Picture:
    color = jnp.broadcast_to(color, picture.color.shape)
    label = jnp.int32(CONCEPTS.index(concept))
    return Picture(
        picture.color + coverage[..., None] * (color - picture.color),
        jnp.where(coverage >= _HALF, label, picture.concept),
    )


def render(
    factors: Factors, *, resolution: int = 64
) -> tuple[Float[Array, "row col 3"], Int[Array, "row col"]]:
    """Returns the picture in [-1, 1] and the concept of every pixel.

    Args:
        factors: Of one scene; `jax.vmap` renders many.
        resolution: Side of the picture in pixels.

    Raises:
        ValueError: If `resolution` is below 8.
    """
    on = canvas(resolution)
    picture = _backdrop(on, factors)
    picture = _land(on, factors, picture)
    for behind in (True, False):
        picture = _trees(on, factors, picture, behind=behind)
        if behind:
            picture = _house(on, factors, picture)
    return jnp.clip(2 * picture.color - 1, -1.0, 1.0), picture.concept


def _at_night(factors: Factors) -> Array:
    return factors.class_label == _NIGHT


def _rgb(red: float, green: float, blue: float) -> Float[Array, "1 1 3"]:
    return jnp.asarray([[[red, green, blue]]], jnp.float32)


def _lit(color: Array, factors: Factors) -> Array:
    """Returns the color of something that reflects."""
    return color * factors.brightness


def _backdrop(on: Canvas, factors: Factors) -> Picture:
    night = _at_night(factors)
    low = jnp.where(night, 0.1, 0.5)
    # The sky is paler towards the horizon, in proportion to the height.
    down = jnp.clip(on.y / factors.horizon, 0.0, 1.0)[..., None] + 0 * on.x[..., None]
    sky = factors.sky_color[None, None, :]
    sky = (sky + low * down * (1 - sky)) * factors.brightness
    picture = Picture(sky, jnp.zeros(sky.shape[:2], jnp.int32))
    sun = jnp.where(night, _rgb(0.94, 0.94, 0.84), _rgb(1.0, 0.86, 0.32))
    round_ = disk(on, factors.sun_x, factors.sun_y, factors.sun_size)
    picture = _paint(picture, jnp.where(factors.sun, round_, 0.0), sun, "sun")
    for i in range(MAX_CLOUDS):
        shown = factors.cloud_count > i
        coverage = _cloud(
            on, factors.cloud_x[i], factors.cloud_y[i], factors.cloud_size[i]
        )
        white = _lit(_rgb(0.97, 0.97, 0.98), factors)
        picture = _paint(picture, jnp.where(shown, coverage, 0.0), white, "cloud")
    return picture


def _cloud(on: Canvas, x: Array, y: Array, size: Array) -> Coverage:
    puffs = ((-0.58, 0.1, 0.42), (0.0, -0.16, 0.54), (0.58, 0.1, 0.42))
    parts = [disk(on, x + dx * size, y + dy * size, r * size) for dx, dy, r in puffs]
    return jnp.maximum(jnp.maximum(parts[0], parts[1]), parts[2])


def _land(on: Canvas, factors: Factors, picture: Picture) -> Picture:
    shore = factors.horizon - factors.water
    snow = jnp.asarray(TABLE.snow)[factors.class_label]
    # The second peak stands lower and behind.
    for peak, part, shade in ((1, 0.72, 0.86), (0, 1.0, 1.0)):
        height = factors.mountain_height * part
        top = shore - height
        x = factors.mountain_x[peak]
        coverage = triangle(on, x, top, shore + 0.02, 1.35 * (height + 0.02))
        rock = jnp.where(
            (on.x < x)[..., None] & jnp.ones_like(on.y, bool)[..., None],
            _rgb(0.56, 0.54, 0.58),
            _rgb(0.45, 0.43, 0.50),
        )
        cap = cover(top + snow * height - on.y + 0 * on.x, on)[..., None]
        color = rock + cap * (_rgb(0.95, 0.96, 0.99) - rock)
        picture = _paint(
            picture,
            jnp.where(factors.mountain, coverage, 0.0),
            _lit(shade * color, factors),
            "mountain",
        )
    depth = jnp.clip((on.y - shore) / 0.14, 0.0, 1.0)[..., None]
    sea = _rgb(0.14, 0.40, 0.66) + depth * _rgb(0.10, 0.14, 0.10)
    wet = jnp.where(factors.water > 0, below(on, shore), 0.0)
    picture = _paint(picture, wet, _lit(sea, factors), "water")
    near = jnp.clip((on.y - factors.horizon) / (1 - factors.horizon), 0.0, 1.0)
    ground = factors.ground_color[None, None, :] * (1 - 0.18 * near[..., None])
    return _paint(picture, below(on, factors.horizon), _lit(ground, factors), "ground")


def _trees(on: Canvas, factors: Factors, picture: Picture, *, behind: bool) -> Picture:
    """Returns the picture with the trees that stand behind or before the house."""
    conifers = jnp.asarray(TABLE.conifers)[factors.class_label] > 0
    snowy = jnp.where(factors.class_label == _WINTER, 0.45, 0.0)
    leaf = jnp.where(conifers, _rgb(0.10, 0.34, 0.18), _rgb(0.18, 0.46, 0.16))
    leaf = leaf + snowy * (_rgb(0.95, 0.97, 1.0) - leaf)
    # A tree that stands lower is nearer, so it is painted later.
    for i in jnp.argsort(factors.tree_base):
        x, base, size = factors.tree_x[i], factors.tree_base[i], factors.tree_size[i]
        shown = (factors.tree_count > i) & ((base < factors.house_base) == behind)
        stem = box(on, x - 0.02, base - 0.34 * size, x + 0.02, base)
        brown = _lit(_rgb(0.38, 0.24, 0.12), factors)
        picture = _paint(picture, jnp.where(shown, stem, 0.0), brown, "tree")
        crown = jnp.where(
            conifers,
            _conifer(on, x, base, size),
            disk(on, x, base - 0.66 * size, 0.36 * size),
        )
        picture = _paint(
            picture, jnp.where(shown, crown, 0.0), _lit(leaf, factors), "tree"
        )
    return picture


def _conifer(on: Canvas, x: Array, base: Array, size: Array) -> Coverage:
    tiers = ((1.0, 0.55, 0.2), (0.8, 0.35, 0.27), (0.58, 0.16, 0.34))
    parts = [
        triangle(on, x, base - top * size, base - bottom * size, half * size)
        for top, bottom, half in tiers
    ]
    return jnp.maximum(jnp.maximum(parts[0], parts[1]), parts[2])


def _house(on: Canvas, factors: Factors, picture: Picture) -> Picture:
    x, base, size = factors.house_x, factors.house_base, factors.house_size
    night = _at_night(factors)
    eaves = base - 0.56 * size

    def add(picture: Picture, coverage: Coverage, color: Array, concept: str):
        return _paint(picture, jnp.where(factors.house, coverage, 0.0), color, concept)

    # Under the roof's edge, which alone would let the ground shine through, and no
    # farther than the roof is wide, whatever the resolution.
    rise = jnp.minimum(on.pixel, 0.09 * size)
    wall = box(on, x - size / 2, eaves - rise, x + size / 2, base)
    picture = add(picture, wall, _lit(factors.house_color, factors), "house")
    roof = triangle(on, x, eaves - 0.44 * size, eaves, 0.64 * size)
    picture = add(picture, roof, _lit(factors.roof_color, factors), "roof")
    door = box(on, x - 0.1 * size, base - 0.4 * size, x + 0.1 * size, base)
    brown = _lit(_rgb(0.34, 0.20, 0.12), factors)
    picture = add(picture, door, brown, "door")
    glass = jnp.where(
        night, _rgb(1.0, 0.86, 0.40), _lit(_rgb(0.42, 0.64, 0.86), factors)
    )
    for side in (-1, 1):
        middle = x + side * 0.31 * size
        window = box(
            on,
            middle - 0.11 * size,
            base - 0.42 * size,
            middle + 0.11 * size,
            base - 0.18 * size,
        )
        picture = add(picture, window, glass, "window")
    return picture
