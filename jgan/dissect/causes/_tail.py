"""The layers after an edit, and how much of a concept their images show where."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

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
    shape = (len(images), rows, cols)
    if probability.shape == shape:
        return probability
    tall, wide = probability.shape[1] // rows, probability.shape[2] // cols
    if (tall * rows, wide * cols) == probability.shape[1:]:
        cells = probability.reshape(len(images), rows, tall, cols, wide)
        return cells.mean(axis=(2, 4))
    # A grid that does not divide the image: a triangle of that width for each cell.
    return jax.image.resize(probability, shape, "linear", antialias=True)
