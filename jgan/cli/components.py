"""`jgan components`: which directions change style, and which geometry."""

import pathlib
from typing import Annotated, Literal

import rich.progress
import tyro

from jgan import segment, zoo
from jgan.cli._checks import check_seed
from jgan.cli._console import mention, progress_bar, say
from jgan.cli._faces import face_parts, makes_faces
from jgan.gan import Gan


def components(
    model: Annotated[str, tyro.conf.arg(metavar="MODEL")] = "scenes64",
    /,
    *,
    layer: str | None = None,
    attributes: Literal["auto", "scenes", "faces", "none"] = "auto",
    num_images: int = 4000,
    out: pathlib.Path = pathlib.Path("components"),
    seed: int = 0,
) -> None:
    """Show what the components of a layer change, as a page that opens from disk.

    Args:
        model: Name in `jgan models`, or a folder.
        layer: To decompose; by default the last one of the fewest pixels.
        attributes: What reads images, to compare methods by: the scenes network, faces
            (extra `faces`), none, or the one that fits the model.
        num_images: For each pass over images.
        out: Folder to write; such a page there is replaced.
        seed: Another number, other images.
    """
    # Only here: no other command needs it.
    from jgan.report import write_components

    check_seed(seed)
    gan = zoo.load(model, callback=mention)
    reader = _reader(gan, attributes)
    with progress_bar(rich.progress.TimeElapsedColumn()) as progress:
        page = write_components(
            gan,
            out,
            layer=layer,
            reader=reader,
            num_images=num_images,
            seed=seed,
            progress=progress,
        )
    say(f"Open {page.resolve()} in a browser.")


def _reader(gan: Gan, name: str) -> segment.AttributeReader | None:
    network = segment.scenes_network()
    if name == "scenes" or (name == "auto" and gan.class_names == network.class_names):
        return segment.SceneAttributes(network)
    if name == "faces" or (name == "auto" and makes_faces(gan)):
        return segment.FaceAttributes(face_parts())
    return None
