"""What does each loss of an interpretable GAN do? Each is dropped in turn.

    python examples/13_drop_each_loss.py scenes64 --out dropped

Retrains the generator with all losses, without each of them, and with the other form of
the interpretability loss, from the same seed and for as many steps. A training that was
interrupted goes on when called again; `--only` does some of them, for several machines
or cores to share. Then, for each: how much units of a group overlap and units of
different groups, how much of a swap is outside of its group's region, and the Fréchet
distance to real images, after training and, with the same groups, before.
"""

import dataclasses
import pathlib
from typing import Any, Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
import numpy as np
import tyro

import jgan
from jgan import interpretable, metrics, segment, worlds

_IMAGES, _BATCH, _DISTANCE_BATCH = 256, 32, 50
_DROPPED: dict[str, dict[str, Any]] = {
    "nothing": {},
    "adversarial": {"adversarial_weight": 0.0},
    "partition": {"partition_weight": 0.0},
    "realism": {"realism_weight": 0.0},
    "interpretability": {"interpretability_weight": 0.0},
    "locality": {"locality_weight": 0.0},
    "fidelity": {"fidelity_weight": 0.0},
    "similarity": {"interpretability": "similarity"},
}


_LABELS = {name: f"without {name}" for name in _DROPPED} | {
    "nothing": "with all",
    "similarity": "with the similarity loss",
}
_Name = Literal[
    "nothing",
    "adversarial",
    "partition",
    "realism",
    "interpretability",
    "locality",
    "fidelity",
    "similarity",
]


class Measured(NamedTuple):
    """Of a generator and groups of its units."""

    within: float
    between: float
    locality: float
    random_locality: float
    distance: float


def measured(
    gan: jgan.Gan,
    partition: interpretable.Partition,
    features: metrics.Features,
    reals: np.ndarray,
    num_images: int,
) -> Measured:
    """Returns how well groups fit a generator, whichever they were found in."""
    keys = jax.random.split(jax.random.key(1), 4)
    sizes: Any = {"num_images": _IMAGES, "batch_size": _BATCH}
    rest = interpretable.rest_levels(gan, partition.layer, **sizes, key=keys[0])
    own = partition._replace(rest=rest)
    found = interpretable.agreement(gan, own, **sizes, key=keys[1])
    local = np.array(
        [
            interpretable.swap_locality(
                interpretable.swap_pairs(gan, own, group, num_pairs=128, key=keys[2])
            )
            for group in np.unique(own.groups[own.groups >= 0])
        ]
    )
    locality, random_locality = np.nanmean(local, axis=0).tolist()

    @jax.jit
    def images(key: jax.Array) -> jax.Array:
        latents = gan.sample_latents(_DISTANCE_BATCH, key=key)
        return gan.forward(gan.params, latents)[0]

    draws = jax.random.split(keys[3], num_images // _DISTANCE_BATCH)
    made = metrics.collect_features(features, map(images, draws))
    return Measured(
        found.within,
        found.between,
        locality,
        random_locality,
        metrics.frechet_distance(reals, made),
    )


def main(
    model: tyro.conf.Positional[str],
    out: pathlib.Path = pathlib.Path("dropped"),
    steps: int = 1500,
    only: tuple[_Name, ...] = get_args(_Name),
    num_images: int = 4000,
) -> None:
    """Trains, and prints a table.

    Args:
        model: A generator of scenes.
        out: Folder of the trainings, one for each.
        steps: Of each.
        only: Names of the losses to drop; `nothing` and `similarity` too.
        num_images: For the distances.
    """
    gan, world = jgan.load(model), worlds.ScenesWorld()
    features = segment.scenes_network().features
    draws = jax.random.split(jax.random.key(0), num_images // _DISTANCE_BATCH)
    reals = metrics.collect_features(
        features,
        (jnp.asarray(world.sample(_DISTANCE_BATCH, key=k).images) for k in draws),
    )
    for name in only:
        config = dataclasses.replace(
            interpretable.default_config(gan), **_DROPPED[name]
        )
        state = interpretable.train(
            gan,
            config,
            out / name,
            world=world,
            num_steps=steps,
            resume=any(out.glob(f"{name}/checkpoints/[0-9]*")),
            callback=lambda progress: print(progress.step, flush=True),
        )
        partition = interpretable.learned(gan, config, state).partition
        for when, one in (
            ("before", gan),
            ("after", interpretable.retrained(gan, state)),
        ):
            of = measured(one, partition, features, reals, num_images)
            print(
                f"{_LABELS[name]:26} {when:6} within {of.within:.3f} between "
                f"{of.between:.3f} locality {of.locality:.3f} of random units "
                f"{of.random_locality:.3f} distance {of.distance:.4f}",
                flush=True,
            )


if __name__ == "__main__":
    tyro.cli(main)
