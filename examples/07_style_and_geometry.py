"""Components of units change style, those of rows and columns geometry. Is that so?

    python examples/07_style_and_geometry.py
    python examples/07_style_and_geometry.py scenes64 --layer linear

Takes half a minute on two cores. Decomposes a layer of a generator (a name of the zoo,
or a folder) by mode, takes each component to the latent by regression, and writes a
sheet: a column for each strength, with the images as they are in the middle; below each
other the images of one component, first of units, then of rows, then of columns. Of
faces, with the extra `faces`, prints what each component changes between the second
column and the fourth, in standard deviations of attributes. The README's figures are of
24 faces:

    python examples/07_style_and_geometry.py --num-images 24 --reach 12
"""

import importlib.util
import pathlib

import jax
import numpy as np
import tyro

import jgan
from jgan import components, images, segment, zoo


def usual_spread(
    gan: jgan.Gan, reader: segment.FaceAttributes, *, key: jax.Array
) -> np.ndarray:
    """Returns the standard deviation of attributes over 64 images."""
    latents = gan.sample_latents(64, key=key)
    made, _ = jax.jit(gan.forward)(gan.params, latents)
    return np.nanstd(np.asarray(reader.read(made)), axis=0)


def main(
    name: tyro.conf.Positional[str] = "faces-digiface",
    layer: str = "layer1",
    num_units: int = 64,
    num_shown: int = 6,
    num_images: int = 2,
    reach: float = 8.0,
    out: pathlib.Path = pathlib.Path("components.png"),
) -> None:
    """Moves images of a generator along the components of a layer."""
    gan = jgan.load(name)
    sample_key, *keys = jax.random.split(jax.random.key(0), 4)
    decomposition = components.mpca(
        gan, layer, num_images=4000, batch_size=50, key=keys[0]
    )
    rows, cols, units = decomposition.ranks
    some = components.Ranks(min(rows, 4), min(cols, 4), min(units, num_units))
    ridge = components.ridge_regression(
        gan,
        layer,
        components.cut(decomposition, some),
        num_images=4000,
        batch_size=50,
        key=keys[1],
    )
    latents = gan.sample_latents(num_images, key=sample_key)
    reader, usual = None, None
    if name.startswith("faces") and importlib.util.find_spec("ai_edge_litert"):
        reader = segment.FaceAttributes(zoo.face_parts())
        usual = usual_spread(gan, reader, key=keys[2])
    sheets = []
    for mode, rank in (("unit", num_shown), ("row", rows), ("col", cols)):
        edits = components.mode_directions(layer, decomposition, mode)
        found = components.to_latent(edits, layer, ridge.regression)
        # So that all strengths mean the same.
        found = components.unit_length(found)
        for i in range(min(rank, num_shown)):
            swept = components.traverse(
                gan,
                latents,
                found,
                indices=[i],
                strengths=np.linspace(-reach, reach, 5),
            )
            sheets.append(np.asarray(swept))
            if reader is not None:
                low, high = (reader.read(swept[0, end]) for end in (1, 3))
                change = np.nanmean(np.asarray(high - low), axis=0) / usual
                attributes = zip((*reader.style, *reader.geometry), change, strict=True)
                told = ", ".join(f"{name} {x:+.2f}" for name, x in attributes)
                print(f"{mode} {i}: {told}")
    images.write_png(out, components.traversal_sheet(np.concatenate(sheets)))


if __name__ == "__main__":
    tyro.cli(main)
