"""`jgan dissect`: names the units of a generator, and proves what they cause."""

import pathlib
from typing import Annotated, Any, Literal

import rich.progress
import tyro

from jgan import segment, zoo
from jgan.cli._checks import check_seed
from jgan.cli._console import mention, progress_bar, say
from jgan.cli._faces import face_parts, makes_faces
from jgan.gan import Gan


def dissect(
    model: Annotated[str, tyro.conf.arg(metavar="MODEL")] = "scenes64",
    /,
    *,
    layer: tyro.conf.UseAppendAction[tuple[str, ...]] = (),
    segmenter: Literal["auto", "scenes", "faces"] = "auto",
    thresholds: Literal["quantile", "iqr"] = "quantile",
    num_images: int = 1000,
    out: pathlib.Path = pathlib.Path("dissection"),
    resume: bool = False,
    seed: int = 0,
) -> None:
    """Show which units draw which concepts, as a page that opens from disk.

    Args:
        model: Name in `jgan models`, or a folder.
        layer: A layer to look at, any number of times; all of them by default.
        segmenter: What tells the concepts of a pixel: the scenes network, face parts
            (extra `faces`), or the one that fits the model.
        thresholds: Where a unit counts as active: above the quantile that leaves 0.5 %
            of the pixels, or above the level that tells most about some concept (IQR).
        num_images: How many, for thresholds and again for units and concepts.
        out: Folder to write; a dissection there is replaced.
        resume: Go on with a dissection that was interrupted.
        seed: Another number, other images.
    """
    # Only here: no other command needs it.
    from jgan.report import write_dissection

    check_seed(seed)
    gan = zoo.load(model, callback=mention)
    chosen = _segmenter(gan, segmenter)
    with progress_bar(rich.progress.TimeRemainingColumn()) as progress:
        page = write_dissection(
            gan,
            out,
            segmenter=chosen,
            layers=layer,
            method=thresholds,
            num_images=num_images,
            seed=seed,
            resume=resume,
            progress=progress,
        )
    say(f"Open {page.resolve()} in a browser.")


def _segmenter(gan: Gan, name: str) -> Any:
    network = segment.scenes_network()
    scenes = gan.class_names == network.class_names
    if name == "scenes" or (name == "auto" and scenes):
        return network
    if name == "faces" or (name == "auto" and makes_faces(gan)):
        return face_parts()
    raise ValueError(
        f"No segmenter is known to fit {gan.name}. Choose one with --segmenter scenes "
        "or faces; in Python, jgan.report.write_dissection takes your own."
    )
