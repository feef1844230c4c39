"""The latent from an activation in closed form: ridge regression on projected cores.

jgan reconstruction: the original trains its weight by gradient descent. Here the mean
and the covariance of core and latent are gathered in one pass, and the penalty is the
one of least generalized cross-validation (Golub, Heath and Wahba, 1979), which the same
covariance tells: there is nothing to tune.
"""

import pathlib
from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Float, PRNGKeyArray

from jgan import stats
from jgan.components._decomposition import Decomposition
from jgan.components._directions import Z
from jgan.components._joint import joint_covariance
from jgan.components._regression import Regression
from jgan.components._weights import TuckerWeight
from jgan.gan import Gan

# Penalties on trial, in parts of the core's largest variance: from what float32 rounds
# in a covariance to above all of it, four for each factor of ten.
_PENALTIES = np.logspace(-7, 1, 33)


class Ridge(NamedTuple):
    """A regression in closed form, and how its penalty came out.

    Attributes:
        regression: What was fitted. Its weight's factors are the decomposition's bases.
        penalty: The one chosen, as a variance added to each component of the core.
        num_effective: Components that the penalty leaves in effect, of all.
    """

    regression: Regression
    penalty: float
    num_effective: float


def ridge_regression(
    gan: Gan,
    layer: str,
    decomposition: Decomposition,
    *,
    target: str = Z,
    num_images: int,
    batch_size: int,
    mesh: Mesh | None = None,
    resume: pathlib.Path | None = None,
    progress: Callable[[float], None] | None = None,
    key: PRNGKeyArray,
) -> Ridge:
    """Returns the regression from the cores of a layer to a latent, with its penalty.

    Memory is 16 bytes for each pair of numbers of core and latent together, and on the
    host about three times that: for 2,048 components and a latent of 512, 0.1 and 0.3
    GB. Cut the ranks of the decomposition to have fewer.

    Args:
        gan: Any generator.
        layer: The decomposition's.
        decomposition: From `mpca`.
        target: ``"z"``, or a tap of one vector for each image, such as ``"w"``.
        num_images: To fit on: at best several for each component of a core. With fewer
            than components the penalty keeps it from learning them by heart.
        batch_size: Images at a time.
        mesh: Devices that share each batch, as `jgan.stats.collect` has it.
        resume: A file to save to and to go on from, as `jgan.stats.collect` has it.
        progress: Called with the share done.
        key: Consumed whole.

    Raises:
        ValueError: If the layer or the target does not exist, the decomposition is of
            another layer's sizes, or fewer than three images are asked for.
    """
    stats.check_layers(gan, (layer,))
    if np.shape(decomposition.mean) != tuple(gan.layers[layer]):
        raise ValueError(
            f"The decomposition is of activations {np.shape(decomposition.mean)}; "
            f"layer {layer!r} has {tuple(gan.layers[layer])}."
        )
    if num_images < 3:
        raise ValueError(f"num_images is {num_images}; a regression needs at least 3.")
    components = int(np.prod(decomposition.ranks))
    mean, covariance = joint_covariance(
        gan,
        layer,
        decomposition,
        target=target,
        num_images=num_images,
        batch_size=batch_size,
        mesh=mesh,
        resume=resume,
        progress=progress,
        key=key,
    )
    matrix, penalty, num_effective = _solve(covariance, components, num_images)
    latent_dim = matrix.shape[1]
    core = matrix.reshape(*decomposition.ranks, latent_dim)
    core, *factors = (
        jnp.asarray(part, jnp.float32)
        for part in (
            core,
            decomposition.row,
            decomposition.col,
            decomposition.unit,
            np.eye(latent_dim),
        )
    )
    weight = TuckerWeight(core, *factors)
    # The core of the mean activation is 0; an activation of 0 is as far as the mean.
    center = jnp.asarray(decomposition.mean, jnp.float32)
    core_mean, latent_mean = np.split(mean, [components])
    intercept = latent_mean - core_mean @ matrix
    intercept = jnp.asarray(intercept, jnp.float32) - weight.apply(center[None])[0]
    return Ridge(
        Regression({target: weight}, {target: intercept}), penalty, num_effective
    )


def _solve(
    covariance: Float[np.ndarray, "both other"], components: int, num_images: int
) -> tuple[Float[np.ndarray, "component latent"], float, float]:
    """Returns the coefficients, the penalty and how many components are in effect."""
    values, vectors = np.linalg.eigh(covariance[:components, :components])
    values = np.maximum(values, 0.0)
    cross = vectors.T @ covariance[:components, components:]
    power = np.square(cross).sum(axis=1)
    variance = np.trace(covariance[components:, components:])
    trials = _PENALTIES * max(values[-1], np.finfo(np.float64).tiny)
    scores = []
    for penalty in trials:
        shrunk = 1 / (values + penalty)
        error = variance - power @ (2 * shrunk - values * shrunk**2)
        # The mean is one more that was fitted.
        left = 1 - (values @ shrunk + 1) / num_images
        scores.append(max(error, 0.0) / left**2 if left > 0 else np.inf)
    penalty = trials[int(np.argmin(scores))]
    shrunk = 1 / (values + penalty)
    return vectors @ (shrunk[:, None] * cross), float(penalty), float(values @ shrunk)
