"""`jgan convert`: a foreign checkpoint becomes a folder that `jgan.load` reads."""

import pathlib
from typing import Annotated

import tyro

from jgan.cli._console import say
from jgan.convert import convert_checkpoint, save


def convert(
    file: Annotated[pathlib.Path, tyro.conf.arg(metavar="FILE")],
    out: Annotated[pathlib.Path, tyro.conf.arg(metavar="OUT")],
    /,
    *,
    family: str | None = None,
    num_classes: int | None = None,
    class_names: tuple[str, ...] = (),
    name: str | None = None,
) -> None:
    """Convert a checkpoint, executing nothing in it.

    Args:
        file: PyTorch (.pth, .pt, .bin, .tar), NVIDIA's .pkl, safetensors or .npz.
        out: Folder to write; a saved generator there is replaced.
        family: Architecture, where the arrays leave a doubt.
        num_classes: How many, where the arrays do not tell.
        class_names: Names of the classes by label.
        name: Of the generator, by default that of OUT.
    """
    if class_names and num_classes not in (None, len(class_names)):
        raise ValueError(
            f"--num-classes is {num_classes}, but there are {len(class_names)} names."
        )
    gan = convert_checkpoint(
        file,
        family=family,
        name=name or out.resolve().name,
        class_names=class_names or None,
        num_classes=num_classes,
    )
    save(gan, out)
    classes = f", {gan.num_classes} classes" if gan.num_classes else ""
    say(
        f"{out}: {gan.family}, {gan.resolution} pixels{classes}, {len(gan.layers)} "
        "layers to tap."
    )
