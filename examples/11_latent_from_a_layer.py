"""How much of the latent a layer tells: in closed form, and by Adam as in the paper.

    python examples/11_latent_from_a_layer.py
    python examples/11_latent_from_a_layer.py faces-digiface

Prints the share of the variance of `z` that is predicted on 2,000 other images: by
ridge regression from the first 64 and 128 components of units and all of rows and
columns, and by 10,000 steps of Adam on a Tucker weight (Oldfield et al., 2021). Takes
one minute for scenes64 on two cores, and five for the faces.
"""

from typing import Any

import jax
import tyro

import jgan
from jgan import components

_IMAGES: dict[str, Any] = {"num_images": 10_000, "batch_size": 50}
_OTHERS: dict[str, Any] = {"num_images": 2000, "batch_size": 50}
# The layer, and ranks of the Tucker weight: rows, columns, units, latent.
_RANKS = {
    "scenes64": ("linear", (4, 4, 192, 80)),
    "faces-digiface": ("layer1", (4, 4, 256, 100)),
}


def main(name: tyro.conf.Positional[str] = "scenes64", num_steps: int = 10_000) -> None:
    """Prints both shares for a generator."""
    gan = jgan.load(name)
    layer, ranks = _RANKS[name]
    keys = jax.random.split(jax.random.key(0), 5)

    def tell(how: str, regression: components.Regression) -> None:
        share = components.r_squared(gan, layer, regression, **_OTHERS, key=keys[4])
        print(f"{name}, {layer}, {how}: {share['z']:.3f}")

    decomposition = components.mpca(gan, layer, **_IMAGES, key=keys[0])
    for units in (64, 128):
        some = components.cut(decomposition, components.Ranks(4, 4, units))
        ridge = components.ridge_regression(gan, layer, some, **_IMAGES, key=keys[1])
        tell(f"closed form from 4 x 4 x {units}", ridge.regression)
    weight = components.tucker_weight(
        gan.layers[layer], ranks[-1], components.TuckerRanks(*ranks), key=keys[2]
    )
    config = components.AdamConfig(num_steps=num_steps)
    found = components.adam_regression(gan, layer, weight, config=config, key=keys[3])
    tell(f"Adam, {num_steps} steps, ranks {ranks}", found.regression)


if __name__ == "__main__":
    tyro.cli(main)
