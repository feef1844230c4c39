"""Which units cause trees? Rank them by their average causal effect, turn off the best.

    python examples/03_remove_trees.py
    python examples/03_remove_trees.py --concept window --layer block1.act2

Takes a minute or two on two cores. Prints what is left of the concept in images that
neither the units nor their ranking were found on, and what else changes there, for the
best 20 % of units by effect, by IoU, and by chance. Writes a picture: images above, the
same without the units below.
"""

import pathlib

import jax
import numpy as np
import tyro

import jgan
from jgan import dissect, images, segment, taps
from jgan.dissect import causes

SHARE = 0.2


def sample(seed: int, num_images: int) -> dissect.Sample:
    """Returns images of their own for each seed."""
    key = jax.random.key(seed)
    return dissect.Sample(num_images=num_images, batch_size=32, key=key)


def main(
    concept: str = "tree",
    layer: str = "block0",
    num_steps: int = 60,
    out: pathlib.Path = pathlib.Path("without.png"),
) -> None:
    """Finds the units of a layer that cause a concept, and turns them off."""
    gan, network = jgan.load("scenes64"), segment.scenes_network()
    asked = {"concept": concept, "segmenter": network}
    thresholds = dissect.quantile_thresholds(gan, [layer], sample=sample(1, 512))
    found = dissect.dissect(gan, thresholds, segmenter=network, sample=sample(2, 512))[
        layer
    ]

    # The best of five times as many images: places that show it, or readily would.
    sites = causes.find_sites(gan, layer, num_sites=100, sample=sample(3, 512), **asked)
    overlap = found.iou[:, network.concepts.index(concept)]
    effect = causes.optimize_effect(
        gan,
        layer,
        sites,
        overlap / overlap.max(),
        num_steps=num_steps,
        key=jax.random.key(4),
        **asked,
    )

    count = round(SHARE * len(overlap))
    shuffled = np.random.default_rng(5).permutation(len(overlap)).tolist()
    orders = {
        "effect": effect.ranking,
        "IoU": found.ranking(concept),
        "chance": shuffled,
    }
    for name, order in orders.items():
        curve = causes.ablation_curve(
            gan, layer, order, counts=(0, count), sample=sample(6, 512), **asked
        )
        removed, changed = curve.removed[1], curve.disturbed[1]
        print(f"{count} of {len(order)} units of {layer}, the first by {name}:")
        print(
            f"  {removed:.1%} of {concept} removed, {changed:.1%} of the rest changed"
        )

    @jax.jit
    def look(gan, latents, edits):
        shown, _ = gan.forward(gan.params, latents, edits)
        return shown, (network.segment(shown) == network.concepts.index(concept))

    latents = gan.sample_latents(64, key=jax.random.key(7))
    mask = taps.unit_mask(effect.ranking[:count], num_units=len(overlap))
    before, where = look(gan, latents, {})
    after, _ = look(gan, latents, {layer: taps.ablate(mask)})
    most = np.argsort(-np.asarray(where).sum(axis=(1, 2)))[:8]
    shown = images.to_uint8(np.concatenate([before[most], after[most]]))
    images.write_png(out, images.grid(shown, cols=len(most)))


if __name__ == "__main__":
    tyro.cli(main)
