"""Attributes of a face for edits to change: pose, mouth, and colors of skin and hair.

jgan reconstruction: Oldfield et al. (2021) asked a service that is gone for hair color,
pitch and yaw. Here pose is read off landmarks as ratios of lengths, which turning the
head changes monotonically, and colors are means over pixels that landmarks tell.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from jgan.segment.faces.contours import CONTOURS
from jgan.segment.faces.fill import inside
from jgan.segment.faces.landmarks import find_landmarks, open_network
from jgan.segment.faces.parts import FaceParts, check_images, to_unit
from jgan.typing import Images

_STYLE = ("skin_lightness", "skin_redness", "hair_lightness", "hair_redness")
_GEOMETRY = ("yaw", "pitch", "mouth_opening")

# Vertices of the mesh: of the oval, the middle of the forehead, the chin and both
# sides at the height of the eyes; the bridge of the nose and its base; of the lips'
# inner contour, the middle above and below.
_FOREHEAD, _CHIN, _RIGHT, _LEFT = 10, 152, 127, 356
_BRIDGE, _BASE = 168, 2
_ABOVE, _BELOW = 13, 14
# The oval ends in the middle of the forehead. From there up, in heights of the face:
# the forehead ends below the first, and above the second is background. Sideways, in
# widths: as far as there is hair on all sides.
_HAIR = (0.12, 0.3)
_HAIR_WIDTH = 0.5


@jax.tree_util.register_static
@dataclasses.dataclass(frozen=True)
class FaceAttributes:
    """Reads pose, mouth and colors of faces, on the host, about 25 ms an image.

    ``yaw`` is how far the nose is from the middle between both sides of the face, in
    half widths of it, above 0 if it is to the right in the picture. ``pitch`` is how
    far down from the bridge to the chin the nose ends: less if the face looks up.
    ``mouth_opening`` is the height of the open mouth in heights of the face. Lightness
    is the mean of red, green and blue, redness red minus blue, both in [0, 1] and
    [-1, 1].

    Attributes:
        parts: What finds a face.
    """

    parts: FaceParts

    @property
    def style(self) -> tuple[str, ...]:
        """Names of attributes of color."""
        return _STYLE

    @property
    def geometry(self) -> tuple[str, ...]:
        """Names of attributes of pose and shape."""
        return _GEOMETRY

    def read(self, images: Images) -> Float[Array, "image attribute"]:
        """Returns the attributes, style first. NaN of an image without a face.

        That of a part of which no pixel is in the picture is NaN too.

        Args:
            images: In [-1, 1], with one upright face that fills much of the picture.
                Not traced.

        Raises:
            ValueError: If they are no images of that kind.
        """
        check_images(images)
        pixels = to_unit(np.asarray(images, np.float32))
        see = open_network(self.parts.network)
        rows = [_attributes(*find_landmarks(see, one), one) for one in pixels]
        return jnp.asarray(np.stack(rows), jnp.float32)


def _attributes(
    place: Float[np.ndarray, "vertex 2"],
    score: float,
    image: Float[np.ndarray, "row col 3"],
) -> Float[np.ndarray, " attribute"]:
    if score <= 0:
        return np.full(len(_STYLE) + len(_GEOMETRY), np.nan)
    return np.concatenate([_colors(place, image), _pose(place)])


def _pose(place: Float[np.ndarray, "vertex 2"]) -> Float[np.ndarray, "3"]:
    # In the face's own frame, so that a head that leans does not count as turned.
    across = place[_LEFT] - place[_RIGHT]
    width = np.linalg.norm(across)
    across = across / width
    down = np.array([-across[1], across[0]])
    middle = (place[_LEFT] + place[_RIGHT]) / 2
    nose = place[_BASE] - middle
    bridge, base, chin = (place[v] @ down for v in (_BRIDGE, _BASE, _CHIN))
    height = np.linalg.norm(place[_CHIN] - place[_FOREHEAD])
    opening = np.linalg.norm(place[_BELOW] - place[_ABOVE]) / height
    yaw = 2 * (nose @ across) / width
    return np.array([yaw, (base - bridge) / (chin - bridge), opening])


def _colors(
    place: Float[np.ndarray, "vertex 2"], image: Float[np.ndarray, "row col 3"]
) -> Float[np.ndarray, "4"]:
    rows, cols, _ = image.shape
    fill = lambda contours: inside([place[list(c)] for c in contours], rows, cols)
    skin = fill(CONTOURS["face"])
    # What is between open lips is no skin either.
    outer_lips = CONTOURS["lips"][:1]
    for part in (outer_lips, CONTOURS["eyes"], CONTOURS["brows"]):
        skin &= ~fill(part)
    top = place[_FOREHEAD]
    up = top - place[_CHIN]
    side = (place[_LEFT] - place[_RIGHT]) * _HAIR_WIDTH / 2
    low, high = (top + share * up for share in _HAIR)
    hair = inside(
        [np.stack([low - side, low + side, high + side, high - side])], rows, cols
    )
    return np.concatenate([_light_and_red(image[part]) for part in (skin, hair)])


def _light_and_red(pixels: Float[np.ndarray, "pixel 3"]) -> Float[np.ndarray, "2"]:
    if not len(pixels):
        return np.full(2, np.nan)
    mean = pixels.mean(axis=0)
    return np.array([mean.mean(), mean[0] - mean[2]])
