"""`jgan evaluate`: how good the images of a generator of scenes are, in numbers."""

import json
import math
import pathlib
import secrets
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
    if json_file is not None:
        _check_writable(json_file)
    gan = zoo.load(model, callback=mention)
    network = scenes_network()
    of_scenes = gan.class_names == network.class_names or not gan.num_classes
    if not of_scenes or gan.resolution != 64:
        raise ValueError(
            f"{gan.name} is not a generator of the scenes world: it has "
            f"{gan.num_classes} classes at {gan.resolution} pixels, not "
            f"{', '.join(network.class_names)}, or none, at 64."
        )
    figures = _figures(gan, network, num_images=num_images, seed=seed)
    if json_file is not None:
        _write(json_file, figures)
    for name, value in figures.items():
        if value is None:
            continue
        if isinstance(value, dict):
            value = ", ".join(f"{k} {v:.3f}" for k, v in value.items())
        say(f"{name}: {value:.4f}" if isinstance(value, float) else f"{name}: {value}")


def _check_writable(path: pathlib.Path) -> None:
    if path.is_dir():
        raise ValueError(f"{path} is a folder. Give the name of a file.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {path.parent} to write to.")


def _write(path: pathlib.Path, figures: dict[str, Any]) -> None:
    # JSON has no NaN, which is what a factor has that did not vary.
    r2 = {k: None if math.isnan(v) else v for k, v in figures["factor_r2"].items()}
    text = json.dumps(figures | {"factor_r2": r2}, indent=2, allow_nan=False) + "\n"
    # Beside the target, because a rename is atomic only within one file system.
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        scratch.write_text(text)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def _figures(gan: Gan, network: Any, *, num_images: int, seed: int) -> dict[str, Any]:
    from jgan import metrics
    from jgan.segment import scenes

    def generate(labels: jax.Array, key: jax.Array) -> jax.Array:
        asked = {"class_label": labels} if gan.num_classes else {}
        latents = gan.sample_latents(len(labels), **asked, key=key)
        return gan.forward(gan.params, latents)[0]

    keys = jax.random.split(jax.random.key(seed))
    mention(f"Comparing {num_images} images of {gan.name} with rendered ones")
    found = metrics.scenes_figures(
        generate,
        network,
        num_images=num_images,
        batch_size=_BATCH,
        conditional=gan.num_classes > 0,
        key=keys[0],
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
