"""Predicting a latent from an activation, linearly, and how well that goes.

The weight is what edits need: it takes a change of the activation to the change of the
latent that makes it.
"""

from collections.abc import Mapping
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, Float, PRNGKeyArray

from jgan import stats
from jgan.components._joint import target_of
from jgan.components._weights import Weight
from jgan.gan import Gan


class Regression(NamedTuple):
    """A linear map from the activation of a layer to a latent.

    Attributes:
        weights: By what is predicted: ``"z"``, or the name of a tap such as ``"w"``.
        intercepts: What is predicted of an activation of 0.
    """

    weights: Mapping[str, Weight]
    intercepts: Mapping[str, Float[Array, " latent"]]

    def predict(
        self, activation: Float[Array, "image row col unit"]
    ) -> dict[str, Float[Array, "image latent"]]:
        """Returns what is predicted of each image, by name."""
        return {
            name: weight.apply(activation) + self.intercepts[name][None, :]
            for name, weight in self.weights.items()
        }


def r_squared(
    gan: Gan,
    layer: str,
    regression: Regression,
    *,
    num_images: int,
    batch_size: int,
    mesh: Mesh | None = None,
    key: PRNGKeyArray,
) -> dict[str, float]:
    """Returns the share of a latent's variance that is predicted, by its name.

    One for all of the latent's values together: 1 minus the squared errors over the
    squared deviations from the mean. Below 0 if the mean would predict better.

    Args:
        gan: Any generator.
        layer: Of whose activation the regression is.
        regression: On trial.
        num_images: To measure it on. More give a finer figure.
        batch_size: Images at a time.
        mesh: Devices that share each batch, as `jgan.stats.collect` has it.
        key: Consumed whole. Other than the one that the regression was fitted with, so
            that the images are held out.

    Raises:
        ValueError: If the layer does not exist, or a latent.
    """
    shapes = {name: len(b) for name, b in regression.intercepts.items()}
    moments = {name: stats.zero_moments(size) for name, size in shapes.items()}
    errors = Errors(regression, moments, moments)
    found = stats.collect(
        gan,
        {layer: {"errors": errors}},
        num_images=num_images,
        batch_size=batch_size,
        mesh=mesh,
        key=key,
    )[layer]["errors"]
    return {name: found.r_squared(name) for name in shapes}


class Errors(NamedTuple):
    """What a regression gets wrong, beside what there was to get right.

    Attributes:
        regression: On trial.
        errors: Moments of the predicted minus the true latent.
        truths: Moments of the true one.
    """

    regression: Regression
    errors: dict[str, stats.UnitMoments]
    truths: dict[str, stats.UnitMoments]

    def update(self, seen: stats.Seen) -> "Errors":
        """Returns the statistic with one more batch."""
        predicted = self.regression.predict(seen.activation.astype(jnp.float32))
        errors, truths = {}, {}
        for name, prediction in predicted.items():
            truth = target_of(seen.latents, seen.taps, name)
            of = lambda x: stats.moments_of(x[:, None, :], seen.weights)
            errors[name], truths[name] = of(prediction - truth), of(truth)
        return self.merge(Errors(self.regression, errors, truths))

    def merge(self, other: "Errors") -> "Errors":
        """Returns the statistic of two disjoint sets of images."""
        together = lambda a, b: {n: stats.merge_moments(a[n], b[n]) for n in a}
        return self._replace(
            errors=together(self.errors, other.errors),
            truths=together(self.truths, other.truths),
        )

    def r_squared(self, name: str) -> float:
        """Returns the share of the variance that is predicted, NaN if there is none."""
        errors, truths = self.errors[name], self.truths[name]
        samples = np.maximum(errors.num_samples, 1)
        wrong = np.sum(errors.squares.value()) / samples
        variance = np.sum(truths.variance)
        return float(1 - wrong / variance) if variance > 0 else float("nan")
