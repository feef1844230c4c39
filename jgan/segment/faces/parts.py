"""Face parts as an object that analyses ask, also from inside of a jitted program."""

import dataclasses

import jax
import jax.core
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from jgan.segment.faces.contours import CONCEPTS, CONTOURS
from jgan.segment.faces.fill import inside
from jgan.segment.faces.landmarks import find_landmarks, open_network
from jgan.typing import Images

_BACKGROUND = CONCEPTS.index("background")
# Generators with linear colors overshoot in a few pixels, which a picture cuts off. Of
# photographs in bytes, most pixels lie outside, and the brightest at 255.
_FARTHEST = 16.0
# Arithmetic on images may round past the ends of their range.
_SLACK = 1e-3


@jax.tree_util.register_static
@dataclasses.dataclass(frozen=True)
class FaceParts:
    """Tells which part of a face each pixel shows.

    Both methods are pure and may be jitted and mapped; an image is read alone, whatever
    else is in its batch. The network runs on the host, once for a whole batch and image
    by image, about 25 ms each. No gradient passes.

    Parts are bounded by contours through landmarks, so what lies before a face, hair or
    glasses, counts as the part behind it. ``face`` is the oval from the chin to the
    middle of the forehead without the other parts; the space between open lips belongs
    to it. `jgan.zoo.face_parts` loads one.

    Attributes:
        network: The landmark network, as a file has it.
    """

    network: bytes = dataclasses.field(repr=False)

    @property
    def concepts(self) -> tuple[str, ...]:
        """Names of what a pixel may show. A label is an index into them."""
        return CONCEPTS

    def segment(self, images: Images) -> Int[Array, "image row col"]:
        """Returns the part that each pixel shows, int32.

        An image in which no face is found is all background.

        Args:
            images: In [-1, 1], with one upright face that fills much of the picture.
                What lies outside in a few pixels is cut off, as in a picture.

        Raises:
            ValueError: If they are no images of that kind. Values out of range are seen
                when the program runs; inside of `jax.jit` JAX wraps that error in its
                own.
        """
        check_images(images)
        # Its tangent would be asked for otherwise, and a callback has none.
        images = jax.lax.stop_gradient(images).astype(jnp.float32)
        if not isinstance(images, jax.core.Tracer):
            # The same without JAX's wrapping and logging of errors.
            return jnp.asarray(self._label(images))
        return jax.pure_callback(
            self._label,
            jax.ShapeDtypeStruct(images.shape[:-1], jnp.int32),
            images,
            vmap_method="expand_dims",
        )

    def detect(self, images: Images) -> Bool[Array, " image"]:
        """Returns whether a face is found, at the cost of `segment`."""
        return (self.segment(images) != _BACKGROUND).any(axis=(1, 2))

    def _label(self, images: Float[Array, "*image row col 3"]) -> np.ndarray:
        pixels = np.asarray(images)
        batch = to_unit(pixels).reshape(-1, *pixels.shape[-3:])
        # A fresh one for each batch, because XLA may call from several threads.
        see = open_network(self.network)
        labels = np.stack([_label_image(*find_landmarks(see, x), x) for x in batch])
        return labels.reshape(pixels.shape[:-1])


def _label_image(
    place: Float[np.ndarray, "vertex 2"],
    score: float,
    image: Float[np.ndarray, "row col 3"],
) -> Int[np.ndarray, "row col"]:
    rows, cols, _ = image.shape
    labels = np.full((rows, cols), _BACKGROUND, np.int32)
    if score > 0:
        for concept in reversed(CONTOURS):
            contours = [place[list(contour)] for contour in CONTOURS[concept]]
            labels[inside(contours, rows, cols)] = CONCEPTS.index(concept)
    return labels


def to_unit(
    pixels: Float[np.ndarray, "*image row col 3"],
) -> Float[np.ndarray, "*image row col 3"]:
    """Returns images in [-1, 1] as a picture has them, in [0, 1].

    Raises:
        ValueError: If more of one than a few pixels lies outside, or one far.
    """
    size = np.abs(pixels)
    mostly_inside = np.median(size, axis=(-3, -2, -1)) <= 1 + _SLACK
    # Written so that NaN is refused.
    if not ((size <= _FARTHEST).all() and mostly_inside.all()):
        raise ValueError(
            f"Images reach from {pixels.min():g} to {pixels.max():g}; give values in "
            "[-1, 1]."
        )
    return (np.clip(pixels, -1, 1) + 1) / 2


def check_images(images: Array) -> None:
    """Refuses what are no images.

    Raises:
        ValueError: If there is none, or of another shape or type.
    """
    if images.ndim != 4 or images.shape[-1] != 3 or not images.size:
        raise ValueError(
            f"Images have shape {images.shape}; give (image, row, col, 3) with at "
            "least one image."
        )
    if not jnp.issubdtype(images.dtype, jnp.floating):
        raise ValueError(
            f"Images are {images.dtype}; give floating point numbers in [-1, 1]."
        )
