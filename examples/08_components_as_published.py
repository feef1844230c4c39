"""Tensor components as published, with the settings of Oldfield et al. (2021).

    python examples/08_components_as_published.py PROGAN_FOLDER
    python examples/08_components_as_published.py STYLEGAN2_FOLDER

Of a ProGAN that `jgan convert` read: `layer2`, 512 x 4 x 4, taken to `z`. Of a
StyleGAN2: `b4.conv1` of the same sizes, taken to `w`, with psi 0.7. All components are
kept. The regression is trained for 1,000 steps with ranks 4, 4, 4, 512 for edits mode
by mode, and for 200,000 with ranks 256, 4, 4, 512 for entries of the core, which takes
hours on two cores (`--mixing-steps 0` leaves it out), and goes on after an interruption
when called again. Strengths are of the paper's order of magnitude: 75 for units, 30 for
rows, 15 for columns, 600 for entries.
"""

import pathlib
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
import tyro

import jgan
from jgan import components, images

_REACH = {"unit": 75.0, "row": 30.0, "col": 15.0}


def write_sheet(
    path: pathlib.Path,
    gan: jgan.Gan,
    latents: Any,
    found: components.Directions,
    indices: Sequence[int],
    reach: float,
) -> None:
    """Writes the images of directions, at five strengths to either side."""
    strengths = np.linspace(-reach, reach, 5)
    swept = components.traverse(
        gan, latents, found, indices=indices, strengths=strengths
    )
    images.write_png(path, components.traversal_sheet(swept))


def main(
    model: tyro.conf.Positional[str],
    steps: int = 1_000,
    mixing_steps: int = 200_000,
    num_images: int = 10_000,
    out: pathlib.Path = pathlib.Path("components"),
) -> None:
    """Writes one sheet for each mode, and one of entries of the core."""
    gan = jgan.load(model)
    settings = {"progan": ("layer2", "z"), "stylegan2": ("b4.conv1", "w")}
    if gan.family not in settings:
        raise SystemExit(f"{model} is a {gan.family}; give a ProGAN or a StyleGAN2.")
    layer, target = settings[gan.family]
    truncation = 0.7 if target == "w" else None
    keys = iter(jax.random.split(jax.random.key(0), 6))
    latents = gan.sample_latents(2, truncation=truncation, key=next(keys))
    decomposition = components.mpca(
        gan, layer, num_images=num_images, batch_size=16, key=next(keys)
    )
    dim = gan.config.latent_dim if target == "z" else gan.config.w_dim

    def fit(unit_rank: int, num_steps: int) -> components.Regression:
        size = gan.layers[layer]
        ranks = components.TuckerRanks(4, 4, min(unit_rank, size.units), dim)
        weight = components.tucker_weight(size, dim, ranks, key=next(keys))
        config = components.AdamConfig(num_steps=num_steps)
        return components.adam_regression(
            gan,
            layer,
            weight,
            target=target,
            config=config,
            resume=out / f"adam{unit_rank}.npz",
            key=next(keys),
        ).regression

    out.mkdir(parents=True, exist_ok=True)
    regression = fit(4, steps)
    for mode, reach in _REACH.items():
        edits = components.mode_directions(layer, decomposition, mode)
        found = components.to_latent(edits, layer, regression)
        path = out / f"{mode}.png"
        write_sheet(path, gan, latents, found, range(4), reach)
    if mixing_steps:
        # The first entries in the original's count, which has units first.
        entries = [(row, col, 0) for row in range(2) for col in range(4)]
        mixing = components.mixing_directions(layer, decomposition, entries)
        # Of StyleGAN, the paper moves the layer as well.
        regression = fit(256, mixing_steps)
        found = components.to_latent(mixing, layer, regression, keep=target == "w")
        path = out / "entries.png"
        write_sheet(path, gan, latents, found, range(len(entries)), 600.0)


if __name__ == "__main__":
    tyro.cli(main)
