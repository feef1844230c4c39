"""Parts of images without labels: pixels clustered, channels weighted by awareness.

    python examples/05_segment_by_awareness.py

Takes three minutes on two cores. Cuts 64 images of eight classes into 3 and into 5
clusters by all layers, and by the later half, with the channels as they are, with
layers alike however wide, and with channels weighted by awareness. Prints how well each
agrees with a network that was trained on rendered scenes (adjusted Rand index: 1 for
the same parts, 0 for chance), with a 95 % interval of the difference to the first.
Writes a picture, with all layers and 5 clusters: the images, what the network sees, the
clusters without awareness and with it.
"""

import itertools
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import scipy.optimize
import tyro

import jgan
from jgan import awareness, images, metrics, segment

NUM_SHOWN = 8
# Of the network's concepts, told apart by more than their brightness.
COLORS = np.array(
    [
        [140, 190, 240],  # sky
        [110, 180, 80],  # ground
        [30, 90, 200],  # water
        [130, 110, 150],  # mountain
        [255, 220, 40],  # sun
        [245, 245, 250],  # cloud
        [20, 90, 40],  # tree
        [230, 160, 110],  # house
        [190, 50, 40],  # roof
        [90, 50, 20],  # door
        [250, 130, 220],  # window
    ],
    np.uint8,
)


def interval(
    differences: np.ndarray, *, draws: int = 10_000
) -> tuple[np.float64, np.float64]:
    """Returns the middle 95 % of the means of images drawn again."""
    size = draws, len(differences)
    again = np.random.default_rng(0).integers(0, len(differences), size)
    low, high = np.percentile(differences[again].mean(axis=1), [2.5, 97.5])
    return low, high


def paint(clusters: np.ndarray, concepts: np.ndarray) -> np.ndarray:
    """Returns each cluster in the color of the concept that it fits best."""
    shared = np.zeros((clusters.max() + 1, len(COLORS)), int)
    np.add.at(shared, (clusters, concepts), 1)
    _, matched = scipy.optimize.linear_sum_assignment(-shared)
    return COLORS[matched][clusters]


def main(
    num_images: int = 64, out: pathlib.Path = pathlib.Path("segmented.png")
) -> None:
    """Compares clusters of pixels without and with channel awareness."""
    gan, network = jgan.load("scenes64"), segment.scenes_network()
    found = awareness.channel_awareness(gan, num_latents=64, key=jax.random.key(1))
    ways = {
        "as they are": None,
        "layers alike": {name: np.ones_like(values) for name, values in found.items()},
        "by awareness": found,
    }
    labels = jnp.arange(num_images) % gan.num_classes
    latents = gan.sample_latents(num_images, class_label=labels, key=jax.random.key(0))
    shown, _ = jax.jit(gan.forward)(gan.params, latents)
    concepts = np.asarray(jax.jit(network.segment)(shown))

    rows = [images.to_uint8(shown)[:NUM_SHOWN], COLORS[concepts[:NUM_SHOWN]]]
    later = gan.conditional_layers[len(gan.conditional_layers) // 2 :]
    for layers, num_clusters in itertools.product(
        (gan.conditional_layers, later), (3, 5)
    ):
        print(f"{num_clusters} clusters, {layers[0]} to {layers[-1]}")
        agreements = {}
        for way, weights in ways.items():
            clusters = np.asarray(
                awareness.segment_images(
                    gan,
                    latents,
                    awareness=weights,
                    layers=layers,
                    num_clusters=num_clusters,
                    key=jax.random.key(2),
                )
            )
            agreements[way] = metrics.adjusted_rand_index(clusters, concepts)
            differences = agreements[way] - agreements["as they are"]
            low, high = interval(differences)
            print(
                f"  {way}: {agreements[way].mean():.3f}, "
                f"{differences.mean():+.3f} ({low:+.3f} to {high:+.3f})"
            )
            if num_clusters == 5 and layers != later and way != "layers alike":
                both = zip(clusters[:NUM_SHOWN], concepts, strict=False)
                rows.append(np.stack([paint(*one) for one in both]))

    picture = images.grid(np.concatenate(rows), cols=NUM_SHOWN)
    images.write_png(out, picture.repeat(2, axis=0).repeat(2, axis=1))


if __name__ == "__main__":
    tyro.cli(main)
