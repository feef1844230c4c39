"""Which classes, layers and channels the page shows."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from jgan import awareness
from jgan.gan import Gan
from jgan.report.shown_classes import class_name, spread_classes

Estimator = Literal["analytic", "empirical", "active_fraction"]
# As many rows of a sheet fit on a screen.
MOST_CLASSES = 8


def check_classes(gan: Gan) -> None:
    """Refuses a generator without two classes.

    Raises:
        ValueError: If it is one.
    """
    if gan.num_classes < 2:
        has = "one class" if gan.num_classes else "no classes"
        raise ValueError(
            f"{gan.name} has {has}, and channel awareness compares classes. Choose a "
            "class-conditional generator, or look at this one with `jgan tour`."
        )


def choose_classes(gan: Gan, names: Sequence[str]) -> tuple[int, ...]:
    """Returns the labels of some classes, by default at even distances.

    Args:
        gan: A generator with classes.
        names: Names or, of classes of another name, labels.

    Raises:
        ValueError: If there is no such class, one is named twice, or there are fewer
            than 2 or more than 8.
    """
    if not names:
        return spread_classes(gan.num_classes, at_most=MOST_CLASSES)
    labels = tuple(_label_of(gan, name) for name in names)
    if len({*labels}) < len(labels) or not 2 <= len(labels) <= MOST_CLASSES:
        raise ValueError(
            f"classes are {', '.join(names)}; name 2 to {MOST_CLASSES} different ones."
        )
    return labels


def _label_of(gan: Gan, name: str) -> int:
    if name in gan.class_names:
        return gan.class_names.index(name)
    if name.isdecimal() and int(name) < gan.num_classes:
        return int(name)
    some = ", ".join(gan.class_names[:MOST_CLASSES])
    more = ", …" if gan.num_classes > MOST_CLASSES else ""
    raise ValueError(
        f"{gan.name} has no class {name!r}. Its classes are {some}{more}, or by label "
        f"0..{gan.num_classes - 1}."
    )


def choose_estimator(gan: Gan, estimator: str) -> Estimator:
    """Returns the estimator to use: analytic where there is something to read off.

    Raises:
        ValueError: If there is no such estimator, or it does not work on the generator.
    """
    match estimator:
        case "auto":
            return "analytic" if gan.conditional_layers else "empirical"
        case "empirical":
            return estimator
        case "analytic" | "active_fraction":
            if gan.conditional_layers:
                return estimator
            raise ValueError(
                f"{gan.name} has no class-conditional normalization for estimator "
                f"{estimator!r} to read off. Measure its classes instead: estimator "
                "'empirical'."
            )
    raise ValueError(
        f"estimator is {estimator!r}; give auto, analytic, empirical or "
        "active_fraction."
    )


def edited_layer(gan: Gan, layers: Sequence[str]) -> str:
    """Returns the layer to edit: the last that is an eighth of the image, or smaller.

    By looking, on `scenes64`: channels there move and resize things, those of the next
    blocks color and blur.
    """
    coarse = [name for name in layers if 8 * gan.layers[name].rows <= gan.resolution]
    return coarse[-1] if coarse else layers[0]


def mixed_layers(gan: Gan, layer: str) -> tuple[str, ...]:
    """Returns the layers of a hybrid: a conditional one, and those beside it.

    By looking, on `scenes64`: from the next on only colors change, and with the one
    before little of the input is left.
    """
    place = gan.conditional_layers.index(layer)
    return gan.conditional_layers[max(0, place - 1) : place + 2]


def leading_channels(
    scores: Mapping[str, Float[np.ndarray, "class _unit"]], *, share: float
) -> dict[str, Int[np.ndarray, "class _channel"]]:
    """Returns the same share of the channels of every layer, for each class."""
    return {
        name: awareness.relevant_channels(
            {name: values}, count=max(1, round(share * values.shape[1]))
        )[name]
        for name, values in scores.items()
    }


def only_classes(gan: Gan, labels: Sequence[int]) -> Gan:
    """Returns a generator that has only some of the classes, in the order given.

    Latents without a class are drawn from all of them, as before.
    """
    if tuple(labels) == tuple(range(gan.num_classes)):
        return gan
    all_labels = np.asarray(labels, np.int32)

    def sample(
        num_images: int, *, class_label: Any = None, key: Any, **options: Any
    ) -> Any:
        if class_label is not None:
            class_label = jnp.asarray(all_labels)[class_label]
        return gan.sample_latents(
            num_images, class_label=class_label, key=key, **options
        )

    names = tuple(gan.class_names[label] for label in labels)
    return dataclasses.replace(gan, class_names=names, sample_latents=sample)


def names_of(gan: Gan, labels: Sequence[int]) -> list[str]:
    """Returns what to call some classes."""
    return [class_name(gan, label) for label in labels]
