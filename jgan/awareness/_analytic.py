"""Channel awareness read off the factors of class-conditional batch normalization.

A normalized channel is about standard normal. The class scales and shifts it by `gain`
and `bias`, and a ReLU follows, so how much of the channel a class lets through is the
mean of a rectified normal variable, and how often it does the probability that one is
above zero: jgan reconstruction (He et al., 2022 give no formula).
"""

import functools
from collections.abc import Mapping
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from jgan.awareness._rectified import rectified_normal_mean, rectified_normal_share
from jgan.gan import Gan

# Factors of one batch of classes, in floats: 16 MB for each intermediate array.
_BATCH_FLOATS = 2**22
_OF_FACTORS = {"mean": rectified_normal_mean, "share": rectified_normal_share}


def analytic_awareness(
    gan: Gan,
    *,
    of: Literal["mean", "share"] = "mean",
    num_latents: int,
    key: PRNGKeyArray,
) -> dict[str, Float[np.ndarray, "class _unit"]]:
    """Returns the channel awareness of every class at every conditional layer.

    No image is made and no convolution runs: only the factors are computed.

    Args:
        gan: A generator with class-conditional normalization.
        of: What to take of a rectified channel: its mean, or the share of it that is
            above zero.
        num_latents: Latents to average over, the same for every class. 1 is enough
            where the factors depend on the class alone.
        key: Consumed whole.

    Raises:
        ValueError: If the generator has no conditional layer, `num_latents` is not
            positive, or awareness is not finite.
    """
    parts = [
        jax.device_get(_awareness_of(gan, labels, key, of=of, num_latents=num_latents))
        for labels in batches_of_classes(gan, num_latents)
    ]
    for part in parts:
        check_factors(part)
    return {
        name: np.concatenate([part[name] for part in parts])[: gan.num_classes]
        for name in gan.conditional_layers
    }


def batches_of_classes(gan: Gan, num_latents: int) -> list[Int[Array, " class"]]:
    """Returns the classes in batches of one size, the last one repeated to fill them.

    Raises:
        ValueError: If the generator has no conditional layer, or `num_latents` is not
            positive.
    """
    if not gan.conditional_layers:
        raise ValueError(
            f"{gan.name} has no class-conditional normalization to read channel "
            "awareness off. Measure its classes instead: estimator 'empirical'."
        )
    if num_latents < 1:
        raise ValueError(f"num_latents is {num_latents}; it takes at least 1.")
    units = sum(gan.layers[name].units for name in gan.conditional_layers)
    batch = max(1, min(gan.num_classes, _BATCH_FLOATS // (units * num_latents)))
    return [
        # One shape, and so one compilation.
        jnp.minimum(jnp.arange(start, start + batch), gan.num_classes - 1)
        for start in range(0, gan.num_classes, batch)
    ]


def check_factors(awareness: Mapping[str, Float[np.ndarray, "*_shape"]]) -> None:
    """Refuses awareness of gains or biases that are not finite.

    Raises:
        ValueError: If some is; the message names the first such layer.
    """
    for name, values in awareness.items():
        if not np.isfinite(values).all():
            raise ValueError(
                f"Gains or biases of layer {name!r} are not finite. Look for NaN in "
                "the parameters."
            )


@functools.partial(jax.jit, static_argnames=("of", "num_latents"))
def _awareness_of(
    gan: Gan,
    class_labels: Int[Array, " class"],
    key: PRNGKeyArray,
    *,
    of: str,
    num_latents: int,
) -> dict[str, Float[Array, "class _unit"]]:
    values = awareness_by_latent(gan, class_labels, key, of=of, num_latents=num_latents)
    return {name: jnp.mean(value, axis=1) for name, value in values.items()}


@functools.partial(jax.jit, static_argnames=("of", "num_latents"))
def awareness_by_latent(
    gan: Gan,
    class_labels: Int[Array, " class"],
    key: PRNGKeyArray,
    *,
    of: str = "mean",
    num_latents: int,
) -> dict[str, Float[Array, "class latent _unit"]]:
    """Returns the awareness of some classes for each of the same latents."""

    def of_one(
        class_label: Int[Array, ""], number: Int[Array, ""]
    ) -> dict[str, Float[Array, " _unit"]]:
        latents = gan.sample_latents(1, class_label=class_label, start=number, key=key)
        _, taps = gan.forward(gan.params, latents, None)
        factors = {
            n: (taps[f"{n}.gain"][0], taps[f"{n}.bias"][0])
            for n in gan.conditional_layers
        }
        return {name: _OF_FACTORS[of](*f) for name, f in factors.items()}

    # One axis after the other: what depends on the class alone, or on the latent alone,
    # is computed once for each.
    of_class = jax.vmap(of_one, in_axes=(None, 0))
    numbers = jnp.arange(num_latents)
    return jax.vmap(of_class, in_axes=(0, None))(class_labels, numbers)
