"""Methods side by side: what the edits of each change, and what they should not.

Every method is asked for the same: for each attribute, the one of its directions that
changes it most, each direction for one attribute. They are chosen on half of the images
and measured on the other half, all with a step of the same length. jgan reconstruction:
Oldfield et al. (2021) chose the edits of all methods by eye.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np
import scipy.optimize
from jaxtyping import Float, Int, PRNGKeyArray

from jgan import metrics
from jgan.components._directions import Directions, Z
from jgan.components._joint import target_of
from jgan.components._traverse import traverse
from jgan.gan import Gan
from jgan.typing import AttributeReader

# Latents whose spread is the unit of a step: it is known to a thousandth of itself with
# 100 dimensions.
_NUM_SPREAD = 5000


class Comparison(NamedTuple):
    """What the edits of one method change.

    Attributes:
        chosen: For each attribute, the number of the direction that is its edit.
        changes: The leakage matrix on held-out images, in standard deviations of each
            attribute over images.
        mod: Mean off-diagonal of it: what edits change that are for something else.
        separation: How far edits change either style or geometry, as
            `jgan.metrics.separation` has it, by the attribute of each kind that changes
            most.
    """

    chosen: Int[np.ndarray, " attribute"]
    changes: Float[np.ndarray, "edit attribute"]
    mod: float
    separation: float


def compare_directions(
    gan: Gan,
    methods: Mapping[str, Directions],
    reader: AttributeReader,
    *,
    strength: float = 3.0,
    num_images: int = 64,
    progress: Callable[[float], None] = lambda share: None,
    key: PRNGKeyArray,
) -> dict[str, Comparison]:
    """Returns how well each method's directions change one attribute at a time.

    Changes are the mean over a step forth and one back.

    Args:
        gan: Any generator.
        methods: Directions of one latent, by name; of unit length to be comparable, and
            of each at least as many as there are attributes.
        reader: Of attributes.
        strength: Length of a step, in standard deviations of the latent.
        num_images: Of which every second one is held out.
        progress: Called with the share done.
        key: Consumed whole.

    Raises:
        ValueError: If there are too few directions or images, the directions move
            something else than a latent, or attributes cannot be read or do not vary.
    """
    names = (*reader.style, *reader.geometry)
    _check(methods, names, num_images)
    spread_key, image_key = jax.random.split(key)
    latents = gan.sample_latents(num_images, key=image_key)
    before = np.asarray(reader.read(_images(gan, latents)), np.float64)
    scale = _spread_of(before, names)
    done, total = 0, sum(len(one.values) for one in methods.values())
    compared = {}
    for name, directions in methods.items():
        (target,) = directions.vectors
        step = strength * latent_spread(gan, target, spread_key)
        count = len(directions.values)
        after = np.zeros((count, 2, num_images, len(names)))
        for i in range(count):
            moved = traverse(
                gan, latents, directions, indices=[i], strengths=[step, -step]
            )
            after[i] = [reader.read(images) for images in moved[0]]
            done += 1
            progress(done / total)
        compared[name] = _choose(before / scale, after / scale, len(reader.style))
    return compared


def _choose(
    before: Float[np.ndarray, "image attribute"],
    after: Float[np.ndarray, "direction 2 image attribute"],
    num_style: int,
) -> Comparison:
    seen, held_out = slice(0, None, 2), slice(1, None, 2)
    changes = _changes(before[seen], after[:, :, seen])
    _, chosen = scipy.optimize.linear_sum_assignment(-changes.T)
    changes = _changes(before[held_out], after[chosen][:, :, held_out])
    style, geometry = changes[:, :num_style], changes[:, num_style:]
    return Comparison(
        chosen,
        changes,
        metrics.mean_off_diagonal(changes),
        metrics.separation(style.max(axis=1), geometry.max(axis=1)),
    )


def _changes(
    before: Float[np.ndarray, "image attribute"],
    after: Float[np.ndarray, "direction 2 image attribute"],
) -> Float[np.ndarray, "direction attribute"]:
    flat = after.reshape(-1, *after.shape[2:])
    return metrics.leakage(before, flat).reshape(*after.shape[:2], -1).mean(axis=1)


def _check(
    methods: Mapping[str, Directions], names: tuple[str, ...], num_images: int
) -> None:
    if num_images < 4:
        raise ValueError(f"num_images is {num_images}; give at least 4.")
    for name, directions in methods.items():
        if len(directions.vectors) != 1:
            raise ValueError(
                f"The directions of {name} move {', '.join(directions.vectors)}; give "
                "those of one latent, from `to_latent`."
            )
        if len(directions.values) < len(names):
            raise ValueError(
                f"{name} has {len(directions.values)} directions for {len(names)} "
                f"attributes: {', '.join(names)}. Give one or more for each."
            )


def _images(gan: Gan, latents: Any):
    return jax.jit(lambda gan, latents: gan.forward(gan.params, latents)[0])(
        gan, latents
    )


def _spread_of(
    before: Float[np.ndarray, "image attribute"], names: tuple[str, ...]
) -> Float[np.ndarray, " attribute"]:
    readable = before[np.isfinite(before).all(axis=1)]
    if len(readable) < 4:
        raise ValueError(
            f"Of {len(before)} images, the attributes of {len(readable)} can be read. "
            "Take more images, or the reader that fits the generator."
        )
    scale = readable.std(axis=0)
    if not scale.all():
        raise ValueError(
            f"{names[int(np.argmin(scale))]} is the same in all images: nothing can be "
            "said of its changes."
        )
    return scale


def latent_spread(gan: Gan, target: str, key: PRNGKeyArray) -> float:
    """Returns the root of the mean variance of a latent's values.

    Args:
        gan: Any generator.
        target: ``"z"``, or a tap such as ``"w"``.
        key: Consumed whole.
    """
    if target == Z:
        z = gan.sample_latents(_NUM_SPREAD, key=key).z
    else:

        @jax.jit
        def latent(gan, latents):
            taps = gan.forward(gan.params, latents)[1]
            return target_of(latents, taps, target)

        z = latent(gan, gan.sample_latents(_NUM_SPREAD, key=key))
    return float(np.sqrt(np.asarray(z, np.float64).var(axis=0).mean()))
