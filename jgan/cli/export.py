"""`jgan export`: a generator as one file, for other programs."""

import pathlib
from typing import Annotated, Literal

import tyro

from jgan import zoo
from jgan.cli._console import mention, say
from jgan.convert import export_checkpoint
from jgan.convert.export import check_export_path


def export(
    model: Annotated[str, tyro.conf.arg(metavar="MODEL")],
    out: Annotated[pathlib.Path, tyro.conf.arg(metavar="OUT")],
    /,
    *,
    format: Literal["safetensors", "rosinality"] = "safetensors",
) -> None:
    """Write a generator to one file, which must not exist yet.

    Args:
        model: Name in `jgan models`, or a folder.
        out: File to write, .safetensors or, for rosinality, .pt.
        format: "safetensors" for every family, which `jgan convert` reads back;
            "rosinality" for a StyleGAN2, as stylegan2-pytorch loads it.
    """
    check_export_path(out, format=format)
    gan = zoo.load(model, callback=mention)
    export_checkpoint(gan, out, format=format)
    megabytes = out.stat().st_size / 1e6
    say(f"{out}: {gan.name}, a {gan.family}, as {format}, {megabytes:.3g} MB.")
