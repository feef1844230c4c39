"""Which directions of the latent change images most? Read them off the weights: SeFa.

    python examples/06_traverse.py
    python examples/06_traverse.py --layers 1 --out light.png

Takes twenty seconds on two cores. Prints by how much each of the first directions
changes images of a generator (a name of the zoo, or a folder) at both ends. Writes a
sheet: a column for each strength, with the images as they are in the middle, and below
each other the images of one direction, then those of the next.
"""

import pathlib

import jax
import numpy as np
import tyro

import jgan
from jgan import components, images


def main(
    name: str = "scenes64",
    layers: tuple[int, ...] | None = None,
    num_directions: int = 6,
    num_images: int = 2,
    reach: float = 3.0,
    out: pathlib.Path = pathlib.Path("traversed.png"),
) -> None:
    """Moves images of a generator along its first directions."""
    gan = jgan.load(name)
    found = components.sefa(gan, layers=layers)
    latents = gan.sample_latents(num_images, key=jax.random.key(0))
    traversed = np.asarray(
        components.traverse(
            gan,
            latents,
            found,
            indices=range(num_directions),
            strengths=np.linspace(-reach, reach, 7),
        )
    )
    changes = np.abs(traversed[:, [0, -1]] - traversed[:, 3:4])
    for i, change in enumerate(changes.mean(axis=(1, 2, 3, 4, 5))):
        print(f"direction {i}: value {found.values[i]:.1f}, change {change:.3f}")
    images.write_png(out, components.traversal_sheet(traversed))


if __name__ == "__main__":
    tyro.cli(main)
