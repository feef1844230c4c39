"""Attributes of a scene for edits to change: the factors that every scene has.

The place of a sun or a house can be read only where there is one, so they are left out:
an edit that removes the sun would leave nothing to compare.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan.segment.scenes.factors import FACTOR_NAMES
from jgan.segment.scenes.reader import SceneNetwork
from jgan.typing import Images

_STYLE = ("brightness", "sky_red", "sky_blue", "ground_red", "ground_blue")
_GEOMETRY = ("horizon", "mountain_height", "cloud_amount", "tree_count")
# A thing is 1 where it is there and 0 where not.
_THERE = 0.5


class SceneAttributes(NamedTuple):
    """Reads colors and shapes of scenes. A pytree.

    Attributes:
        network: That reads them.
    """

    network: SceneNetwork

    @property
    def style(self) -> tuple[str, ...]:
        """Names of attributes of color."""
        return _STYLE

    @property
    def geometry(self) -> tuple[str, ...]:
        """Names of attributes of what is where."""
        return _GEOMETRY

    def read(self, images: Images) -> Float[Array, "image attribute"]:
        """Returns the attributes, style first, in the units of `Truth`.

        Args:
            images: In [-1, 1], best of 64 x 64 pixels.

        Raises:
            ValueError: If they are no images of that kind.
        """
        return _read(self, images)


class SceneFactors(NamedTuple):
    """Reads all factors of scenes, also those of things that not every scene has.

    Attributes:
        network: That reads them.
    """

    network: SceneNetwork

    @property
    def style(self) -> tuple[str, ...]:
        """Names of the factors of color."""
        return tuple(name for name in FACTOR_NAMES if _is_color(name))

    @property
    def geometry(self) -> tuple[str, ...]:
        """Names of all others: what is there, and where."""
        return tuple(name for name in FACTOR_NAMES if not _is_color(name))

    def read(self, images: Images) -> Float[Array, "image attribute"]:
        """Returns the factors, style first, in the units of `Truth`.

        What there is of a sun or a house is NaN where the network sees none.

        Args:
            images: In [-1, 1], best of 64 x 64 pixels.

        Raises:
            ValueError: If they are no images of that kind.
        """
        return _read_all(self, images)


def _is_color(name: str) -> bool:
    return name == "brightness" or name.endswith(("_red", "_green", "_blue"))


@jax.jit
def _read_all(reader: SceneFactors, images: Images) -> Float[Array, "image attribute"]:
    factors = reader.network.factors(images)
    named = {name: factors[:, i] for i, name in enumerate(FACTOR_NAMES)}
    columns = []
    for name in (*reader.style, *reader.geometry):
        thing, _, part = name.partition("_")
        column = named[name]
        if part and thing in ("sun", "house"):
            column = jnp.where(named[thing] >= _THERE, column, jnp.nan)
        columns.append(column)
    return jnp.stack(columns, axis=1)


@jax.jit
def _read(reader: SceneAttributes, images: Images) -> Float[Array, "image attribute"]:
    columns = jnp.asarray([FACTOR_NAMES.index(n) for n in (*_STYLE, *_GEOMETRY)])
    return reader.network.factors(images)[:, columns]
