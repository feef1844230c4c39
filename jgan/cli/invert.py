"""`jgan invert`: the latents that make an image."""

import pathlib
from typing import Annotated

import jax
import numpy as np
import rich.progress
import tyro

from jgan import images, zoo
from jgan.cli._checks import check_seed
from jgan.cli._console import mention, progress_bar, say
from jgan.inversion import invert as find_latents
from jgan.worlds import read_image


def invert(
    model: Annotated[str, tyro.conf.arg(metavar="MODEL")],
    image: Annotated[pathlib.Path, tyro.conf.arg(metavar="IMAGE")],
    /,
    *,
    target: str = "z",
    restarts: int = 4,
    steps: int = 500,
    out: pathlib.Path = pathlib.Path("inverted.png"),
    seed: int = 0,
) -> None:
    """Find the latents that make an image, and show what they make beside it.

    The latents lie beside the picture in an npz file, an array for each part of them.

    Args:
        model: Name in `jgan models`, or a folder.
        image: PNG, JPEG or WebP; its middle square is taken.
        target: What to move: z, or the name of a tap, such as w_plus of a StyleGAN.
        restarts: Random starts.
        steps: Of the descent from each.
        out: The PNG to write: the image, and what the latents make.
        seed: Another number, other starts.
    """
    check_seed(seed)
    images.check_png_path(out)
    gan = zoo.load(model, callback=mention)
    given = read_image(image, resolution=gan.resolution)
    mention("Inverting")
    with progress_bar(rich.progress.TimeElapsedColumn()) as progress:
        found = find_latents(
            gan,
            given[None].astype(np.float32) / 127.5 - 1,
            target=target,
            num_restarts=restarts,
            num_steps=steps,
            progress=lambda share: progress("inverting", share),
            key=jax.random.key(seed),
        )
    both = np.stack([given, images.to_uint8(np.asarray(found.images))[0]])
    images.write_png(out, images.grid(both, cols=2))
    arrays = {
        name: np.asarray(value)
        for name, value in found.latents._asdict().items()
        if value is not None
    }
    arrays |= {name: np.asarray(edit.value) for name, edit in found.edits.items()}
    beside = out.with_suffix(".npz")
    with open(beside, "wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    say(f"{out}: {found.psnr[0]:.1f} dB. The latents are in {beside}.")
