"""`jgan eigengan`: what each dimension and layer of an EigenGAN changes."""

import pathlib
from typing import Annotated, Literal

import rich.progress
import tyro

from jgan import segment, zoo
from jgan.cli._checks import check_seed
from jgan.cli._console import mention, progress_bar, say
from jgan.cli._faces import face_parts, makes_faces
from jgan.gan import Gan


def eigengan(
    model: Annotated[str, tyro.conf.arg(metavar="MODEL")] = "eigen64",
    /,
    *,
    attributes: Literal["auto", "scenes", "faces", "none"] = "auto",
    num_images: int = 4000,
    out: pathlib.Path = pathlib.Path("eigengan"),
    seed: int = 0,
) -> None:
    """Show what every dimension of an EigenGAN changes, as a page that opens from disk.

    Args:
        model: Name in `jgan models`, or a folder.
        attributes: What reads images: the scenes network, faces (extra `faces`), none,
            or the one that fits the model.
        num_images: That attributes are read of.
        out: Folder to write; such a page there is replaced.
        seed: Another number, other images.
    """
    # Only here: no other command needs it.
    from jgan.report import write_eigengan

    check_seed(seed)
    gan = zoo.load(model, callback=mention)
    reader = _reader(gan, attributes)
    with progress_bar(rich.progress.TimeElapsedColumn()) as progress:
        page = write_eigengan(
            gan, out, reader=reader, num_images=num_images, seed=seed, progress=progress
        )
    say(f"Open {page.resolve()} in a browser.")


def _reader(gan: Gan, name: str) -> segment.AttributeReader | None:
    if name == "scenes" or (name == "auto" and gan.name == "eigen64"):
        return segment.SceneFactors(segment.scenes_network())
    if name == "faces" or (name == "auto" and makes_faces(gan)):
        return segment.FaceAttributes(face_parts())
    return None
