"""Keys of everything that a run draws: a resumed one needs only the step's number."""

import jax
from jaxtyping import Array, Int, PRNGKeyArray

# What a step's key is for: latents; real images; of step 0, standing statistics and the
# latents of pictures; flips of real images; an energy model; and a partition of units.
LATENTS, REALS, STANDING, SAMPLES, FLIPS, ENERGY, PARTITION = range(7)


def step_key(seed: int, step: Int[Array, ""] | int, use: int) -> PRNGKeyArray:
    """Returns the key of one use in one step.

    Args:
        seed: Of the run.
        step: Steps done before.
        use: One of those above.
    """
    # The first two children of the seed's key went into the parameters.
    key = jax.random.fold_in(jax.random.key(seed), 2 + use)
    return jax.random.fold_in(key, step)
