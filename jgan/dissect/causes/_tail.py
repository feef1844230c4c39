"""The layers after an edit, and how much of a concept their images show where."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from jgan import stats
from jgan.gan import Gan
from jgan.segment import ScoringSegmenter, Segmenter
from jgan.taps import Replace
from jgan.typing import Images


def concept_number(segmenter: Segmenter, concept: str) -> int:
    """Returns the label of a concept.

    Raises:
        ValueError: If there is no such concept; the message lists them.
    """
    if concept not in segmenter.concepts:
        raise ValueError(
            f"There is no concept {concept!r}. The concepts are: "
            f"{', '.join(segmenter.concepts)}."
        )
    return segmenter.concepts.index(concept)


def check_units(gan: Gan, layer: str, units: Sequence[int]) -> None:
    """Refuses units that a layer does not have; -1 would be the last one.

    Raises:
        ValueError: If there is no such layer, or no such unit in it.
    """
    stats.check_layers(gan, (layer,))
    num_units = gan.layers[layer].units
    wrong = [int(unit) for unit in units if not 0 <= unit < num_units]
    if wrong:
        raise ValueError(f"Units {wrong} of {layer}: give some of 0..{num_units - 1}.")


def with_scores(segmenter: Segmenter) -> ScoringSegmenter:
    """Returns a segmenter that compiled functions take, and that has scores.

    Raises:
        TypeError: If it has none.
    """
    if not isinstance(segmenter, ScoringSegmenter):
        raise TypeError(
            f"{type(segmenter).__name__} tells labels and no scores, and an effect is "
            "a difference of scores. Give a segmenter that has a method `scores`, as "
            "that of `segment.scenes_network` has; labels are enough for "
            "`ablation_curve`."
        )
    return stats.as_pytree(segmenter)


def images_from(
    gan: Gan,
    layer: str,
    latents: Any,
    activation: Float[Array, "image map_row map_col unit"],
) -> Images:
    """Returns the images of an activation. The layers before it are not computed."""
    return gan.forward(gan.params, latents, {layer: Replace(activation)})[0]


def concept_map(
    segmenter: ScoringSegmenter, images: Images, concept: int, rows: int, cols: int
) -> Float[Array, "image cell_row cell_col"]:
    """Returns the mean probability of a concept in each cell of a grid."""
    probability = jnp.exp(segmenter.scores(images)[..., concept])
    return _cell_means(probability, rows, cols)


def shown_map(
    segmenter: ScoringSegmenter, images: Images, concept: int, rows: int, cols: int
) -> tuple[
    Float[Array, "image cell_row cell_col"], Bool[Array, "image cell_row cell_col"]
]:
    """Returns the same, and which cells show it: a pixel is likelier to than not.

    The mean tells no such thing: a window is smaller than a cell of a coarse layer.
    """
    probability = jnp.exp(segmenter.scores(images)[..., concept])
    shows = (probability > 0.5).astype(probability.dtype)
    return _cell_means(probability, rows, cols), _cell_means(shows, rows, cols) > 0


def _cell_means(
    pixels: Float[Array, "image row col"], rows: int, cols: int
) -> Float[Array, "image cell_row cell_col"]:
    shape = (len(pixels), rows, cols)
    if pixels.shape == shape:
        return pixels
    tall, wide = pixels.shape[1] // rows, pixels.shape[2] // cols
    if (tall * rows, wide * cols) == pixels.shape[1:]:
        cells = pixels.reshape(len(pixels), rows, tall, cols, wide)
        return cells.mean(axis=(2, 4))
    # A grid that does not divide the image: a triangle of that width for each cell.
    return jax.image.resize(pixels, shape, "linear", antialias=True)
