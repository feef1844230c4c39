"""`jgan interpretable`: units that stand for concepts, made so and shown."""

import dataclasses
import pathlib
from typing import Annotated, Any, Literal

import rich.progress
import tyro

from jgan import segment, stats, zoo
from jgan.cli._checks import check_seed
from jgan.cli._console import mention, progress_bar, say
from jgan.cli._faces import face_readers, makes_faces
from jgan.cli._shown import shown
from jgan.gan import Gan

_Data = Literal["auto", "scenes", "original"]
_GROUPS = 8
_Model = Annotated[str, tyro.conf.arg(metavar="MODEL")]


def _train(
    model: _Model,
    /,
    *,
    out: pathlib.Path,
    layer: str | None = None,
    groups: int | Literal["auto"] = _GROUPS,
    steps: int = 3000,
    fidelity: float | None = None,
    data: _Data = "auto",
    resume: bool = False,
    seed: int = 0,
) -> None:
    """Retrain a generator until each unit of a layer stands for one concept.

    The folder gets checkpoints, metrics.jsonl, measures.jsonl, sample pictures and, at
    the end, the generator in a folder that every command takes as MODEL, with the
    groups in its learned.safetensors. A killed run goes on from it.

    Args:
        model: Name in `jgan models`, or a folder.
        out: The run's folder.
        layer: Whose units; by default the last one of 16 rows.
        groups: Into how many groups its units are partitioned; auto takes the one of
            6, 8, 12 and 16 that suits other images of the generator best.
        steps: Steps in all, those before a resumption included.
        fidelity: Weight of the squared difference from the images as they were: more
            keeps them, and less lets units change. By default what suits scenes64;
            where images blur, give more.
        data: What real images are: scenes, or what the generator makes as it is, so
            that none are needed; by default scenes for a generator of scenes.
        resume: Go on from the last checkpoint in the folder.
        seed: Of everything that is drawn; a resumed run needs the same.
    """
    # Only here: no other command needs optax and orbax.
    from jgan import interpretable
    from jgan.convert import save

    check_seed(seed)
    gan = zoo.load(model, callback=mention)
    if groups == "auto" and resume:
        raise ValueError(
            "--groups is auto, and a run goes on with the number that it began with: "
            f"give that. It is num_groups in {out / 'run.json'}."
        )
    world = _world(gan, data)
    config = interpretable.default_config(
        gan, layer=layer, num_groups=_GROUPS if groups == "auto" else groups, seed=seed
    )
    if fidelity is not None:
        config = dataclasses.replace(config, fidelity_weight=fidelity)
    if groups == "auto":
        found = interpretable.default_num_groups(gan, config.layer, seed=seed)
        config = dataclasses.replace(config, num_groups=found.best)
        tried = zip(found.num_groups, found.silhouettes, strict=True)
        each = ", ".join(f"{number}: {value:.3f}" for number, value in tried)
        say(
            f"{found.best} groups suit {config.layer} of {gan.name} best, of these "
            f"numbers and silhouettes: {each}."
        )
    with shown(gan.name, steps) as show:
        state = interpretable.train(
            gan,
            config,
            out,
            world=world,
            num_steps=steps,
            resume=resume,
            callback=show,
        )
    # Of the run that this one goes on with; `save` replaces no folder with more in it.
    (out / "generator" / interpretable.LEARNED).unlink(missing_ok=True)
    # First: of units that have all died there is a generator, and no partition.
    folder = save(interpretable.retrained(gan, state), out / "generator")
    # A folder is found from elsewhere too.
    lies = zoo.located(model)
    made_of = str(lies.resolve()) if lies == pathlib.Path(model) else model
    learned = interpretable.learned(gan, config, state)._replace(made_of=made_of)
    interpretable.save_learned(learned, folder / interpretable.LEARNED)
    say(
        f"{folder}: {gan.name} after {steps} steps. `jgan interpretable report "
        f"{folder}` looks at it."
    )


def _report(
    model: _Model,
    /,
    *,
    before: str | None = None,
    layer: str | None = None,
    groups: int | None = None,
    data: _Data = "auto",
    num_images: int = 2000,
    out: pathlib.Path = pathlib.Path("interpretable"),
    seed: int = 0,
) -> None:
    """Show groups of units before and after, as a page that opens from disk.

    Of faces, the extras faces and identity tell parts and persons, if installed. But
    for scenes, distances are on EfficientNet's features, which are fetched once.

    Args:
        model: Name in `jgan models`, or a folder, such as `jgan interpretable train`
            writes.
        before: The generator that it was made of, likewise; by default the one of its
            training.
        layer: Partition the units of this layer, and do not show the groups of the
            training; by default its layer, or else the last one of 16 rows.
        groups: Partition into that many, likewise; by default as many as the training
            has, or else 8.
        data: What real images are, as in training.
        num_images: For each Fréchet distance.
        out: Folder to write; such a page there is replaced.
        seed: Another number, other images.
    """
    # Only here: no other command needs it.
    from jgan import interpretable
    from jgan.report import write_interpretable

    check_seed(seed)
    gan = zoo.load(model, callback=mention)
    file = zoo.located(model) / interpretable.LEARNED
    learned = interpretable.load_learned(file) if file.is_file() else None
    original = _loaded_before(model, before, learned and learned.made_of)
    if learned is not None:
        anew = (layer, groups) != (None, None)
        layer = learned.partition.layer if layer is None else layer
        groups = learned.partition.num_groups if groups is None else groups
        learned = None if anew else learned
    layer = interpretable.default_layer(gan) if layer is None else layer
    # Before networks are fetched for a page that cannot be.
    stats.check_layers(gan, (layer,))
    world = _world(original, data)
    segmenter = identity = None
    if _makes_scenes(original):
        segmenter = segment.scenes_network()
        features = segmenter.features
    else:
        features = _features_of_photographs()
    if makes_faces(original):
        segmenter, identity = face_readers()
    with progress_bar(rich.progress.TimeElapsedColumn()) as progress:
        page = write_interpretable(
            gan,
            original,
            out,
            layer=layer,
            num_groups=_GROUPS if groups is None else groups,
            learned=learned,
            segmenter=segmenter,
            features=features,
            identity=identity,
            world=world,
            num_images=num_images,
            seed=seed,
            progress=progress,
        )
    say(f"Open {page.resolve()} in a browser.")


def _features_of_photographs() -> Any:
    """Returns those of EfficientNet, or None and a line where it cannot be fetched."""
    try:
        return zoo.efficientnet_lite0(callback=mention).features
    except zoo.PullError as error:
        mention(f"{error} The page goes without distances.")
        return None


def _loaded_before(model: str, before: str | None, made_of: str | None) -> Gan:
    """Returns the generator that another was made of.

    Raises:
        ValueError: If nobody says which, or it is not there.
    """
    if before is not None:
        return zoo.load(before, callback=mention)
    if made_of is None:
        raise ValueError(
            f"{model} has no learned.safetensors, which tells what it was made of. "
            "Give --before; of a generator as it is, itself."
        )
    try:
        return zoo.load(made_of, callback=mention)
    except (FileNotFoundError, ValueError) as error:
        raise ValueError(
            f"{model} was made of {made_of}: {error} If it is elsewhere, give --before."
        ) from None


def _makes_scenes(gan: Gan) -> bool:
    from jgan.worlds import ScenesWorld

    return gan.class_names == ScenesWorld().class_names and gan.resolution == 64


def _world(gan: Gan, data: _Data) -> Any:
    """Returns where real images are from, None for the generator as it is.

    Raises:
        ValueError: If scenes are asked for, and the generator makes others.
    """
    from jgan.worlds import ScenesWorld

    if data == "scenes" and not _makes_scenes(gan):
        raise ValueError(
            f"--data is scenes, and {gan.name} does not make scenes of 64 pixels. Give "
            "--data original."
        )
    return ScenesWorld() if data != "original" and _makes_scenes(gan) else None


_Commands = (
    Annotated[None, tyro.conf.subcommand(name="train", constructor=_train)]
    | Annotated[None, tyro.conf.subcommand(name="report", constructor=_report)]
)


def interpretable(
    command: tyro.conf.OmitArgPrefixes[tyro.conf.OmitSubcommandPrefixes[_Commands]],
) -> None:
    """Make each unit of a layer stand for one concept, and show the groups."""
