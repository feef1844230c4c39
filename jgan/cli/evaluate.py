"""`jgan evaluate`: how good the images of a generator of scenes are, in numbers."""

import json
import pathlib
from typing import Annotated, Any

import jax
import tyro

from jgan import zoo
from jgan.cli._checks import check_seed
from jgan.cli._console import mention, say
from jgan.gan import Gan

_BATCH = 50


def evaluate(
    model: Annotated[str, tyro.conf.arg(metavar="MODEL")],
    /,
    *,
    json_file: Annotated[pathlib.Path | None, tyro.conf.arg(name="json")] = None,
    num_images: int = 4000,
    seed: int = 0,
) -> None:
    """Measure a generator of scenes against the renderer, and print the figures.

    Args:
        model: Name in `jgan models`, or a folder.
        json_file: A file to write the figures to.
        num_images: Images of the generator, and of each of two rendered sets.
        seed: Another number, other images.
    """
    from jgan.segment import scenes_network

    check_seed(seed)
    if num_images < _BATCH or num_images % _BATCH:
        raise ValueError(f"--num-images is {num_images}. Give a multiple of {_BATCH}.")
    if json_file is not None and not json_file.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {json_file.parent} to write to.")
    gan = zoo.load(model, callback=mention)
    network = scenes_network()
    if gan.class_names != network.class_names or gan.resolution != 64:
        raise ValueError(
            f"{gan.name} is not a generator of the scenes world: it has "
            f"{gan.num_classes} classes at {gan.resolution} pixels, not "
            f"{', '.join(network.class_names)} at 64."
        )
    figures = _figures(gan, network, num_images=num_images, seed=seed)
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=2) + "\n")
    for name, value in figures.items():
        if isinstance(value, dict):
            value = ", ".join(f"{k} {v:.3f}" for k, v in value.items())
        say(f"{name}: {value:.4f}" if isinstance(value, float) else f"{name}: {value}")


def _figures(gan: Gan, network: Any, *, num_images: int, seed: int) -> dict[str, Any]:
    from jgan import metrics
    from jgan.segment import scenes

    def generate(labels: jax.Array, key: jax.Array) -> jax.Array:
        latents = gan.sample_latents(len(labels), class_label=labels, key=key)
        return gan.forward(gan.params, latents)[0]

    keys = jax.random.split(jax.random.key(seed))
    mention(f"Comparing {num_images} images of {gan.name} with rendered ones")
    found = metrics.scenes_figures(
        generate, network, num_images=num_images, batch_size=_BATCH, key=keys[0]
    )
    mention("Judging the network that reads them")
    reader = scenes.evaluate(network, num_images=num_images, key=keys[1])
    return (
        {"model": gan.name, "seed": seed}
        | found._asdict()
        | {
            "segmenter_mean_iou": reader.mean_iou,
            "segmenter_class_accuracy": reader.class_accuracy,
            "factor_r2": reader.r2,
            "segmenter_num_images": reader.num_images,
        }
    )
