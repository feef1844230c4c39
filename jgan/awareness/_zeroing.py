"""Zeroing test: does a class need the channels that are said to be its own?

Channels are removed in all layers at once: those that score highest for the class,
those that score lowest, and as many at random. The image and what a classifier reads in
it should change by the first and not by the others. He et al. (2022) claim as much
without a protocol: jgan reconstruction.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from jgan import stats
from jgan.awareness._scores import Scores, check_ranked
from jgan.awareness._structure import relevant_channels
from jgan.gan import Gan
from jgan.taps import Replace, ablate
from jgan.typing import Images

Classifier = Callable[[Images], Float[Array, "image class"]]


class Removal(NamedTuple):
    """What removing some channels of a class does to its images.

    Attributes:
        drop: How much less probable the class is, mean over images. Below 0 where it is
            more probable.
        change: Mean squared change of the image, which is in [-1, 1].
    """

    drop: Float[np.ndarray, " class *draw"]
    change: Float[np.ndarray, " class *draw"]


class Zeroing(NamedTuple):
    """The zeroing test of some classes.

    Attributes:
        probability: Of the class in its whole images, mean over images.
        top: Without the channels that score highest for the class.
        bottom: Without those that score lowest.
        random: Without channels drawn at random, one column for each draw.
    """

    probability: Float[np.ndarray, " class"]
    top: Removal
    bottom: Removal
    random: Removal

    @property
    def ratio(self) -> Float[np.ndarray, " class"]:
        """Drop of the top channels over the mean drop of random ones.

        Where random ones do not lower the probability, it is infinite if the top ones
        do, and NaN if they do not either.
        """
        chance = self.random.drop.mean(axis=1)
        without = np.where(self.top.drop > 0, np.inf, np.nan)
        return np.where(
            chance > 0, self.top.drop / np.where(chance > 0, chance, 1), without
        )


def zeroing_test(
    gan: Gan,
    scores: Scores,
    *,
    classifier: Classifier,
    classes: Sequence[int] = (),
    fraction: float = 0.1,
    num_latents: int,
    num_random: int = 20,
    batch_size: int = 32,
    key: PRNGKeyArray,
) -> Zeroing:
    """Returns what is left of classes without their channels, and without any others.

    All sets of channels run in one program, from the first layer of `scores` on.
    Latents are the same for every class, and random draws are of all channels.

    Args:
        gan: A generator with classes.
        scores: By layer: `channel_awareness`, or `contrast` of it. The same fraction of
            each of these layers is removed.
        classifier: Gives the probability of every class of the generator. Pure; one
            object is one compilation.
        classes: Labels, by default all.
        fraction: Of the channels of each layer, in (0, 1], rounded, at least one.
        num_latents: Images of each class.
        num_random: Random draws for each class.
        batch_size: Images at a time.
        key: Consumed whole.

    Raises:
        ValueError: If the generator has no classes, a layer, class or size does not
            exist or fit, a score is NaN, the classifier knows other classes, a
            probability is outside [0, 1], or an image is not finite.
    """
    labels = tuple(classes) or tuple(range(gan.num_classes))
    sizes = {
        "num_latents": num_latents,
        "num_random": num_random,
        "batch_size": batch_size,
    }
    _check(gan, scores, labels, fraction, sizes)
    latents_key, draws_key = jax.random.split(key)
    size = min(batch_size, num_latents)
    images = jax.ShapeDtypeStruct((size, gan.resolution, gan.resolution, 3), np.float32)
    got = jax.eval_shape(classifier, images).shape
    if got != (size, gan.num_classes):
        raise ValueError(
            f"The classifier gives shape {got} for {size} images; give a probability "
            f"for each of the {gan.num_classes} classes of {gan.name}."
        )
    found = []
    for label in labels:
        seed = jax.random.key_data(jax.random.fold_in(draws_key, label))
        removed = _sets(scores, label, fraction, num_random, np.asarray(seed))
        sums = []
        for start in range(0, num_latents, size):
            batch = jax.device_get(
                _zero_batch(
                    gan,
                    jnp.int32(label),
                    removed,
                    latents_key,
                    jnp.int32(start),
                    jnp.int32(num_latents),
                    classifier=classifier,
                    size=size,
                )
            )
            if not all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(batch)):
                raise ValueError(
                    f"Images of class {label} or their probabilities are not finite, "
                    f"in those from {start} on. Check the parameters of {gan.name} and "
                    "the classifier."
                )
            if batch.outside:
                raise ValueError(
                    f"The classifier gives numbers outside [0, 1] for class {label}; "
                    "give probabilities, for instance the softmax of logits."
                )
            sums.append(jax.tree.map(lambda leaf: leaf.astype(np.float64), batch))
        found.append(jax.tree.map(lambda *parts: sum(parts) / num_latents, *sums))
    probability, drop, change, _ = (np.stack(p) for p in zip(*found, strict=True))
    return Zeroing(
        probability,
        *(
            Removal(drop[:, which], change[:, which])
            for which in (0, 1, slice(2, None))
        ),
    )


class _Sums(NamedTuple):
    probability: Float[Array, ""]
    drop: Float[Array, " set"]
    change: Float[Array, " set"]
    # How many are no probabilities.
    outside: Float[Array, ""]


def _sets(
    scores: Scores,
    label: int,
    fraction: float,
    num_random: int,
    seed: np.ndarray,
) -> dict[str, Bool[np.ndarray, "set _unit"]]:
    """Returns the channels to remove: highest, lowest, and each random draw."""
    draw = np.random.default_rng(seed)
    sets = {}
    for name, values in scores.items():
        own = np.asarray(values, np.float64)[label]
        # A set at random is the best of random scores.
        chance = draw.uniform(size=(num_random, len(own)))
        rows = np.concatenate([own[None], -own[None], chance])
        count = max(1, round(fraction * len(own)))
        chosen = relevant_channels({name: rows}, count=count)[name]
        sets[name] = np.zeros(rows.shape, bool)
        np.put_along_axis(sets[name], chosen, True, axis=1)
    return sets


@functools.partial(jax.jit, static_argnames=("classifier", "size"))
def _zero_batch(
    gan: Gan,
    class_label: Int[Array, ""],
    removed: dict[str, Bool[Array, "set _unit"]],
    key: PRNGKeyArray,
    start: Int[Array, ""],
    num_latents: Int[Array, ""],
    *,
    classifier: Classifier,
    size: int,
) -> _Sums:
    labels = jnp.broadcast_to(class_label, (size,))
    latents = gan.sample_latents(size, class_label=labels, start=start, key=key)
    _, taps = gan.forward(gan.params, latents, None)
    first = next(name for name in gan.layers if name in removed)
    counts = start + jnp.arange(size) < num_latents
    # Not a product: what pads the last batch may be anything.
    total = lambda values: jnp.where(counts, values, 0.0).sum()

    def look(masks):
        edits: dict[str, Any] = {
            name: ablate(mask[None, None, None]) for name, mask in masks.items()
        }
        # Of the layers before the first edit, one pass serves all sets.
        edits[first] = (Replace(taps[first]), edits[first])
        images, _ = gan.forward(gan.params, latents, edits)
        probability = jnp.take(classifier(images), class_label, axis=-1)
        return images, probability

    # A softmax in float32 may be above 1 by its rounding.
    outside = lambda p: total(((p < 0) | (p > 1.0 + 1e-4)).astype(jnp.float32))
    before, sure = look({n: jnp.zeros_like(sets[0]) for n, sets in removed.items()})

    def remove(masks):
        after, left = look(masks)
        change = jnp.square(after - before).mean(axis=(1, 2, 3))
        return total(sure - left), total(change), outside(left)

    # One set at a time: all at once would hold the images of every set.
    drop, change, outsides = jax.lax.map(remove, removed)
    return _Sums(total(sure), drop, change, outside(sure) + outsides.sum())


def _check(
    gan: Gan,
    scores: Scores,
    labels: Sequence[int],
    fraction: float,
    sizes: Mapping[str, int],
) -> None:
    if not gan.num_classes:
        raise ValueError(
            f"{gan.name} has no classes whose channels to remove. What units cause in "
            "all images is a matter of `jgan.dissect.causes`."
        )
    stats.check_layers(gan, tuple(scores))
    for name, values in scores.items():
        shape = gan.num_classes, gan.layers[name].units
        if values.shape != shape:
            raise ValueError(
                f"The scores of {name} have shape {values.shape}; {gan.name} has "
                f"{shape[0]} classes and {shape[1]} channels there."
            )
        check_ranked(name, values)
    wrong = [label for label in labels if not 0 <= label < gan.num_classes]
    if wrong or not scores:
        raise ValueError(
            f"classes are {list(labels)} and layers {', '.join(scores)}; give at least "
            f"one layer and classes of 0..{gan.num_classes - 1}."
        )
    if not 0 < fraction <= 1:
        raise ValueError(f"fraction is {fraction}; give one in (0, 1].")
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} is {size}; give at least 1.")
