"""Which latents make these images: of the generator's own, and of rendered scenes.

    python examples/10_invert.py
    python examples/10_invert.py --num-images 64

The first images were made by the generator, so that latents that make them exist; the
others are renders, which it may not be able to make. Prints how near the latents that
are found come, in decibels, and writes pairs of images: what was given, and under it
what was found. Takes four minutes for 8 images on two cores.
"""

import pathlib

import jax
import numpy as np
import tyro

import jgan
from jgan import images, inversion
from jgan.worlds.scenes import sample_scenes


def main(
    name: tyro.conf.Positional[str] = "scenes64",
    num_images: int = 8,
    steps: int = 500,
    restarts: int = 4,
    out: pathlib.Path = pathlib.Path("inverted.png"),
) -> None:
    """Inverts images of a generator of scenes, and renders."""
    gan = jgan.load(name)
    keys = jax.random.split(jax.random.key(0), 3)
    latents = gan.sample_latents(num_images, key=keys[0])
    made, _ = jax.jit(gan.forward)(gan.params, latents)
    rows = []
    for what, given in (
        ("generated", made),
        ("rendered", sample_scenes(num_images, key=keys[1]).images),
    ):
        found = inversion.invert(
            gan, given, num_restarts=restarts, num_steps=steps, key=keys[2]
        )
        low, middle, high = np.percentile(found.psnr, [25, 50, 75])
        print(f"{what}: median {middle:.1f} dB, quartiles {low:.1f} and {high:.1f}")
        rows += [np.asarray(given[:8]), np.asarray(found.images[:8])]
    sheet = images.to_uint8(np.concatenate(rows))
    images.write_png(out, images.grid(sheet, cols=min(8, num_images)))
    print(f"{out}: given and found, in turns")


if __name__ == "__main__":
    tyro.cli(main)
