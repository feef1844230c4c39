"""Channel awareness by any of three estimators, and how far two of them are apart."""

from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, PRNGKeyArray

from jgan.awareness._analytic import analytic_awareness
from jgan.awareness._empirical import empirical_awareness
from jgan.awareness._scores import Scores
from jgan.gan import Gan

Awareness = Scores


def channel_awareness(
    gan: Gan,
    *,
    estimator: Literal["analytic", "empirical", "active_fraction"] = "analytic",
    num_latents: int,
    batch_size: int = 8,
    key: PRNGKeyArray,
) -> Awareness:
    """Returns how much of each channel each class lets through, by layer.

    The idea is of He et al. (2022), who publish no formula; all three estimators are
    jgan reconstructions. For the awareness of truncated latents, give a generator that
    truncates: ``dataclasses.replace(gan, sample_latents=functools.partial(
    gan.sample_latents, truncation=0.4))``.

    Args:
        gan: A generator with classes.
        estimator: ``"analytic"``, the mean after the ReLU of a channel that is standard
            normal before the class scales and shifts it, for which no image is made;
            ``"active_fraction"``, the share of such a channel that the ReLU leaves; or
            ``"empirical"``, the mean activation in images of the class, which works on
            generators without class-conditional normalization too.
        num_latents: Latents to average over, the same for every class.
        batch_size: Images at a time, for ``"empirical"``.
        key: Consumed whole.

    Raises:
        ValueError: If there is no such estimator, or it does not work on this
            generator; the message says which does.
    """
    match estimator:
        case "analytic":
            return analytic_awareness(gan, num_latents=num_latents, key=key)
        case "active_fraction":
            return analytic_awareness(gan, of="share", num_latents=num_latents, key=key)
        case "empirical":
            return empirical_awareness(
                gan, num_latents=num_latents, batch_size=batch_size, key=key
            )
    raise ValueError(
        f"estimator is {estimator!r}; give analytic, empirical or active_fraction."
    )


class Gap(NamedTuple):
    """How far two estimates of one layer are apart.

    Attributes:
        relative: Mean absolute difference over the mean of the second.
        correlation: Pearson's, over classes and channels; NaN where one is constant.
    """

    relative: float
    correlation: float


def estimate_gaps(estimate: Awareness, measured: Awareness) -> dict[str, Gap]:
    """Returns the gap between two estimates for each layer.

    Channels are standard normal over all classes together. In the images of one class
    they are not, so the analytic estimate and the measured one differ.

    Args:
        estimate: By layer.
        measured: The same layers.

    Raises:
        ValueError: If the layers, classes or channels are not the same.
    """
    if {*estimate} != {*measured}:
        raise ValueError(
            f"One has the layers {', '.join(estimate)}, the other "
            f"{', '.join(measured)}; give the same."
        )
    for name, values in estimate.items():
        if np.shape(values) != np.shape(measured[name]):
            raise ValueError(
                f"{name} has shapes {np.shape(values)} and "
                f"{np.shape(measured[name])}; give estimates of one generator."
            )
    return {name: _gap(estimate[name], measured[name]) for name in estimate}


def _gap(
    estimate: Float[np.ndarray, "class unit"], measured: Float[np.ndarray, "class unit"]
) -> Gap:
    a, b = (np.asarray(x, np.float64).ravel() for x in (estimate, measured))
    mean = np.abs(b).mean()
    relative = float(np.abs(a - b).mean() / mean) if mean else float("nan")
    deviations = a.std() * b.std()
    products = ((a - a.mean()) * (b - b.mean())).mean()
    correlation = float(products / deviations) if deviations else float("nan")
    return Gap(relative, correlation)
