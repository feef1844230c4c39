"""Do subspaces tell attributes apart, or would any generator of the same data do?

    python examples/12_without_subspaces.py eigen64 --out control

Trains the network of eigen64 without its subspaces: as many inputs, all of them in
`eps`. It takes as long as eigen64 itself did, and goes on after an interruption when
called again. Then reads both on the same number of images: the dimensions of eigen64,
and of the other as many principal components of each layer (GANSpace), and directions
of the weights (SeFa). For each: the mutual-information gap (Chen et al., 2018), and how
many factors of the scenes one code follows with a rank correlation of at least 0.5.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import tyro

import jgan
from jgan import components, eigengan, metrics, segment, training
from jgan.convert import assemble

_SIZES: dict[str, Any] = {"num_images": 4000, "batch_size": 50}


def control(preset: eigengan.TrainConfig) -> eigengan.TrainConfig:
    """Returns the config without dimensions, whose number goes to the noise."""
    generator = dataclasses.replace(
        preset.generator,
        dims=(0,) * preset.generator.num_layers,
        noise_dim=preset.generator.noise_dim + preset.generator.latent_dim,
    )
    return dataclasses.replace(preset, generator=generator)


def read(
    gan: jgan.Gan,
    reader: segment.SceneFactors,
    codes_of: dict[str, Callable[..., np.ndarray]],
    key: jax.Array,
) -> dict[str, metrics.Disentanglement]:
    """Returns how several kinds of codes belong together with what is read."""
    forward = jax.jit(gan.forward)
    codes = {name: [] for name in codes_of}
    attributes = []
    for start in range(0, _SIZES["num_images"], _SIZES["batch_size"]):
        latents = gan.sample_latents(_SIZES["batch_size"], start=start, key=key)
        images, taps = forward(gan.params, latents)
        attributes.append(np.asarray(reader.read(images)))
        for name, of in codes_of.items():
            codes[name].append(np.asarray(of(latents, taps)))
    found = np.concatenate(attributes)
    return {
        name: metrics.disentanglement(np.concatenate(parts), found)
        for name, parts in codes.items()
    }


def sefa(weights: np.ndarray, count: int) -> np.ndarray:
    """Returns the directions that the weights stretch most, each unit of length 1."""
    unit = weights / np.linalg.norm(weights, axis=0, keepdims=True)
    _, vectors = np.linalg.eigh(unit @ unit.T)
    return vectors[:, ::-1][:, :count]


def main(
    model: tyro.conf.Positional[str],
    out: pathlib.Path = pathlib.Path("control"),
    steps: int | None = None,
) -> None:
    """Trains the control, and compares."""
    training.use_cores()
    preset = eigengan.PRESETS["eigen64"]
    config = control(preset.config)
    state = eigengan.train(
        config,
        preset.world(),
        out,
        num_steps=preset.num_steps if steps is None else steps,
        resume=(out / "checkpoints").is_dir(),
        mesh=training.mesh_of_cores(config.batch_size),
        callback=lambda progress: print(progress.step, flush=True),
    )
    without = assemble.assemble(
        "eigengan", config.generator, {"params": state.ema}, name="control"
    )
    gan = jgan.load(model)
    reader = segment.SceneFactors(segment.scenes_network())
    keys = jax.random.split(jax.random.key(0), 3)
    count = preset.config.generator.latent_dim

    def coordinates(pca: components.Pca, layer: str, latents, taps) -> np.ndarray:
        return np.asarray(pca.coordinates(taps[layer]))

    codes_of: dict[str, Callable[..., np.ndarray]] = {
        f"PCA of {layer}": functools.partial(
            coordinates,
            components.vectorized_pca(
                without, layer, num_components=count, **_SIZES, key=keys[0]
            ),
            layer,
        )
        for layer in without.layers
        if layer.startswith("feature")
    }
    vectors = sefa(np.asarray(without.params["params"]["linear"]["kernel"]), count)
    codes_of["SeFa"] = lambda latents, taps: latents.eps @ vectors
    found = read(gan, reader, {"dimensions": lambda z, taps: z.z}, keys[1])
    found |= read(without, reader, codes_of, keys[2])
    for name, one in found.items():
        largest = np.nanmax(np.abs(one.correlation), axis=0)
        print(f"{name}: gap {one.gap:.4f}, factors {np.sum(largest >= 0.5)}")


if __name__ == "__main__":
    tyro.cli(main)
