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


@jax.jit
def _read(reader: SceneAttributes, images: Images) -> Float[Array, "image attribute"]:
    columns = jnp.asarray([FACTOR_NAMES.index(n) for n in (*_STYLE, *_GEOMETRY)])
    return reader.network.factors(images)[:, columns]
