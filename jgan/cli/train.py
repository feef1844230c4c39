"""`jgan train`: trains a generator that jgan ships, or goes on with a run."""

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Annotated, Any

import tyro

from jgan.cli._checks import check_seed
from jgan.cli._console import mention, say
from jgan.cli._shown import shown

_MOST_LISTED = 20


def train(
    preset: Annotated[str, tyro.conf.arg(metavar="PRESET")],
    /,
    *,
    out: pathlib.Path,
    steps: int | None = None,
    resume: bool = False,
    half_steps: int | None = None,
    data: pathlib.Path | None = None,
    distance: bool = True,
    seed: int = 0,
) -> None:
    """Train a generator from nothing, in a folder that a killed run goes on from.

    The folder gets checkpoints, metrics.jsonl, sample pictures and, at the end, the
    averaged generator in a folder that every command takes as MODEL. Of an EigenGAN,
    measures.jsonl tells at every checkpoint what each layer and dimension does. The
    cores of a processor share its images; JAX_NUM_CPU_DEVICES says how many do.

    Args:
        preset: scenes64, a BigGAN, or eigen64, an EigenGAN.
        out: The run's folder.
        steps: Steps in all, those before a resumption included; by default as many as
            the shipped weights took.
        resume: Go on from the last checkpoint in the folder.
        half_steps: Of scenes64, steps at half the resolution before the networks grow,
            0 for none; by default as the shipped weights. A resumed run needs the same.
        data: Of eigen64, a folder of images to train on in place of scenes; those that
            cannot be read are listed and left out.
        distance: Of eigen64, measure the Fréchet distance too: on the scenes network's
            features, or with `data` on EfficientNet's, which are fetched once.
        seed: Of everything that is drawn; a resumed run needs the same.
    """
    # Only here: no other command needs optax and orbax.
    from jgan import eigengan, training

    check_seed(seed)
    presets = {**training.PRESETS, **eigengan.PRESETS}
    if preset not in presets:
        raise ValueError(
            f"There is no preset {preset!r}. Have {', '.join(sorted(presets))}."
        )
    chosen = presets[preset]
    config = dataclasses.replace(chosen.config, seed=seed)
    num_steps = chosen.num_steps if steps is None else steps
    if isinstance(config, eigengan.TrainConfig):
        if half_steps is not None:
            raise ValueError(f"--half-steps is {half_steps}; it is of scenes64 alone.")
        training.use_cores()
        if data is None:
            world = chosen.world()
        else:
            # A folder does not tell of what kind its images are.
            config = config.without_classes()
            world = _folder(data, config)
        features = _features(of_scenes=data is None) if distance else None
        # Not the preset's alone, by which others would take its images for scenes.
        name = preset if data is None else f"{preset}-{data.resolve().name}"
        with shown(name, num_steps) as show:
            state = eigengan.train(
                config,
                world,
                out,
                num_steps=num_steps,
                features=features,
                resume=resume,
                mesh=training.mesh_of_cores(config.batch_size),
                callback=show,
            )
        if not _to_grow(config.growth, num_steps, out):
            _save("eigengan", config, {"params": state.ema}, name, (), out, num_steps)
        return
    if data is not None:
        raise ValueError(
            f"--data is {data}; {preset} is trained on scenes alone. eigen64 takes a "
            "folder."
        )
    if half_steps is not None:
        config = dataclasses.replace(config, half_steps=half_steps)
    world = chosen.world()
    with shown(preset, num_steps) as show:
        state = training.train(
            config, world, out, num_steps=num_steps, resume=resume, callback=show
        )
    if not _to_grow((config.half_steps,), num_steps, out):
        averaged = training.averaged_generator(config, state)
        _save("biggan", config, averaged, preset, world.class_names, out, num_steps)


def _to_grow(growth: tuple[int, ...], num_steps: int, out: pathlib.Path) -> bool:
    """Returns whether a run ends before its networks are grown, and says so."""
    if all(num_steps > after for after in growth):
        return False
    say(f"{out}: {num_steps} steps, and the generator has yet to grow.")
    return True


def _folder(data: pathlib.Path, config: Any) -> Any:
    from jgan.worlds import FolderWorld

    mention(f"Reading {data}")
    world = FolderWorld(
        data, resolution=config.generator.resolution, skip_unreadable=True
    )
    for _, reason in world.unreadable[:_MOST_LISTED]:
        mention(f"Left out: {reason}")
    if len(world.unreadable) > _MOST_LISTED:
        mention(f"Left out: {len(world.unreadable) - _MOST_LISTED} more")
    return world


def _features(*, of_scenes: bool) -> Callable[..., Any]:
    from jgan import segment, zoo

    if of_scenes:
        network = segment.scenes_network()
        return lambda images: network.features(images)
    photographs = zoo.efficientnet_lite0(callback=mention)
    return lambda images: photographs.features(images)


def _save(
    family: str,
    config: Any,
    params: Any,
    preset: str,
    class_names: tuple[str, ...],
    out: pathlib.Path,
    num_steps: int,
) -> None:
    from jgan.convert import save
    from jgan.convert.assemble import assemble

    gan = assemble(
        family, config.generator, params, name=preset, class_names=class_names
    )
    folder = save(gan, out / "generator")
    look = "jgan tour" if family == "biggan" else "jgan eigengan"
    say(f"{folder}: {preset} after {num_steps} steps. `{look} {folder}` looks at it.")
