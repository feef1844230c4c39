"""Units that spoil images, found by the images they are strongest in.

Where a unit is strongest, images are far from real ones if it draws what no real image
has. Units are ranked by the Fréchet distance of those images, and turning off the worst
should bring all images nearer (Bau et al., 2019, section 4.3, and its notebooks; the
code of the ablation was not released).
"""

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from jgan import metrics, stats, taps
from jgan.dissect._finite import are_finite, check_batch
from jgan.dissect._sample import Sample
from jgan.gan import Gan
from jgan.typing import Images

# A module-level function, or a hashable object: it is part of what is compiled.
Features = Callable[[Images], Float[Array, "image feature"]]


class ArtifactRanking(NamedTuple):
    """How far from real images those are in which a unit is strongest.

    Attributes:
        distances: Fréchet distance for each unit.
        before: That of all images.
        top: Numbers of the images of each unit, the strongest first.
    """

    distances: Float[np.ndarray, " unit"]
    before: float
    top: Int[np.ndarray, "unit place"]

    @property
    def ranking(self) -> list[int]:
        """Units, the most suspicious first."""
        return np.argsort(-self.distances, kind="stable").tolist()


def artifact_ranking(
    gan: Gan,
    layer: str,
    *,
    features: Features,
    real: Float[np.ndarray, "image_real feature"],
    num_top: int = 200,
    sample: Sample,
) -> ArtifactRanking:
    """Returns the distance of every unit's strongest images from real ones.

    A unit is as strong as its highest pixel. Distances of one number of images compare
    with each other; with `before`, of more images, they do not.

    Args:
        gan: The generator.
        layer: Whose units.
        features: What images are compared by.
        real: Features of real images.
        num_top: Images of each unit; more than there are features for a covariance of
            full rank.
        sample: The images to choose from.

    Raises:
        ValueError: If there is no such layer, there are fewer images than `num_top`, or
            an activation or what comes of it is not finite.
    """
    stats.check_layers(gan, (layer,))
    if not 2 <= num_top <= sample.num_images:
        raise ValueError(
            f"num_top is {num_top}; give 2 to the {sample.num_images} images there are."
        )
    kept = jnp.ones((gan.layers[layer].units,))
    found, peaks = _look(gan, layer, kept, features, sample, "looking for artifacts")
    top = np.argsort(-peaks, axis=0, kind="stable")[:num_top].T
    distances = [metrics.frechet_distance(real, found[images]) for images in top]
    before = metrics.frechet_distance(real, found)
    return ArtifactRanking(np.asarray(distances), before, top)


def distance_without(
    gan: Gan,
    layer: str,
    units: Sequence[int],
    *,
    features: Features,
    real: Float[np.ndarray, "image_real feature"],
    sample: Sample,
) -> float:
    """Returns the Fréchet distance from real images with some units turned off.

    Of the same images as without, so that the difference is the units' alone.

    Args:
        gan: The generator.
        layer: Where they are.
        units: Which are set to zero, everywhere; none for the distance as it is.
        features: What images are compared by.
        real: Features of real images.
        sample: The images.

    Raises:
        ValueError: If there is no such layer or unit, or an activation or what comes of
            it is not finite.
    """
    stats.check_layers(gan, (layer,))
    kept = 1 - taps.unit_mask(list(units), num_units=gan.layers[layer].units)
    found, _ = _look(
        gan, layer, kept.reshape(-1), features, sample, "measuring without units"
    )
    return metrics.frechet_distance(real, found)


def _look(
    gan: Gan, layer: str, kept: Array, features: Features, sample: Sample, doing: str
) -> tuple[Float[np.ndarray, "image feature"], Float[np.ndarray, "image unit"]]:
    parts = []
    for start in range(0, sample.num_images, sample.batch_size):
        *found, finite = _look_batch(
            gan, kept, sample.key, jnp.int32(start), layer, features, sample.batch_size
        )
        check_batch(layer, finite, batch=start // sample.batch_size)
        inside = min(sample.batch_size, sample.num_images - start)
        parts.append([np.asarray(x)[:inside] for x in found])
        sample.progress(doing, (start + inside) / sample.num_images)
    found, peaks = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return found, peaks


@functools.partial(jax.jit, static_argnames=("layer", "features", "size"))
def _look_batch(gan, kept, key, start, layer, features, size):
    latents = gan.sample_latents(size, start=start, key=key)
    edit = taps.scale(jnp.ones((1, 1, 1, 1)), kept[None, None, None, :])
    images, seen = gan.forward(gan.params, latents, {layer: edit})
    told = features(images)
    finite = are_finite(seen[layer], images, told)
    return told, seen[layer].max(axis=(1, 2)), finite
