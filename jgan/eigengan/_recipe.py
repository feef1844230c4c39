"""Training of an EigenGAN, as the loop of `jgan.training` runs it."""

import dataclasses
import functools
import pathlib
from collections.abc import Callable
from typing import NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, UInt8

from jgan import images as pictures, metrics
from jgan.eigengan._config import TrainConfig
from jgan.eigengan._effects import effects_of
from jgan.eigengan._state import (
    State,
    decaying,
    draw_latents,
    grow,
    initial_state,
)
from jgan.eigengan._step import Metrics, train_step
from jgan.gan import Forward
from jgan.models.eigen_latents import EigenLatents, sample_eigen_latents
from jgan.models.eigengan import Generator
from jgan.models.subspace import gram_error
from jgan.training import Measures, Progress, keys, run
from jgan.training.growth import shrink
from jgan.typing import Images, Params
from jgan.worlds import Batch, World

# Below this share of what images differ by, a layer's subspace has collapsed.
_COLLAPSED = 0.01
_PICTURES, _COLS = 64, 8
# Of which shares are taken: their error is then an eighth of their size.
_EFFECT_IMAGES = 64
# A Fréchet distance of fewer images tells little; the same every time compare well.
_DISTANCE_IMAGES, _BATCH = 1000, 50


class _Stage(NamedTuple):
    """What is static about a step: its config, and whether there is a penalty."""

    config: TrainConfig
    penalized: bool


@dataclasses.dataclass(frozen=True)
class _Recipe:
    config: TrainConfig
    # Not compared: a step is compiled for the config alone.
    world: World = dataclasses.field(compare=False)
    features: metrics.Features | None = dataclasses.field(compare=False)

    @property
    def batch_size(self) -> int:
        return self.config.batch_size

    @property
    def resolution(self) -> int:
        return self.config.generator.resolution

    @property
    def num_classes(self) -> int:
        return self.config.discriminator.num_classes

    @property
    def seed(self) -> int:
        return self.config.seed

    @property
    def growth(self) -> tuple[int, ...]:
        return self.config.growth

    def initial_state(self) -> State:
        return initial_state(self.config.at(1))

    def grow(self, state: State, growth: int) -> State:
        return grow(self.config.at(self.growth[growth] + 1), state)

    def refresh(self, state: State, step: int) -> State | None:
        now = [one for one in self.config.changes if one.after == step - 1]
        decays = now[0].importance_decays if now else None
        if decays is None:
            return None
        # The average follows the generator, also where two are almost as important.
        of = functools.partial(decaying, decays=decays, ranked_by=state.generator)
        return state._replace(generator=of(state.generator), ema=of(state.ema))

    def stage(self, step: int) -> _Stage:
        # The first step is one with a penalty, as in the published code.
        config = self.config
        return _Stage(
            config=config.at(step),
            penalized=(
                config.penalty_weight > 0 and (step - 1) % config.penalty_every == 0
            ),
        )

    def advance(
        self,
        state: State,
        batch: Batch,
        *,
        stage: _Stage,
        sharding: jax.sharding.Sharding | None,
    ) -> tuple[State, Metrics]:
        images = shrink(batch.images, stage.config.generator.resolution)
        batch = Batch(images, batch.class_label)
        return train_step(
            state, batch, stage.config, penalized=stage.penalized, sharding=sharding
        )

    def picture(self, state: State, stage: _Stage) -> UInt8[np.ndarray, "row col 3"]:
        latents = draw_latents(stage.config, _PICTURES, 0)
        made = _generate(stage.config, state.ema, latents)
        return pictures.grid(pictures.to_uint8(made), cols=_COLS)

    def measure(self, state: State, stage: _Stage) -> Measures:
        config = stage.config.generator
        found = effects_of(
            cast(Forward, Generator(config).apply),
            {"params": state.ema},
            config,
            _sampler(stage.config),
            num_images=_EFFECT_IMAGES,
            batch_size=_EFFECT_IMAGES,
            key=keys.step_key(self.seed, 0, keys.SAMPLES),
        )
        subspaces = [
            state.generator[f"subspace{layer}"]
            for layer, dim in enumerate(config.dims, start=1)
            if dim
        ]
        errors = [
            0.0 if config.exact else float(jnp.linalg.norm(gram_error(s["basis"])))
            for s in subspaces
        ]
        figures = {
            "orthogonality_error": errors,
            "importance": [abs(s["importance"]).tolist() for s in subspaces],
            "layer_effect": found.layers[:, 0].tolist(),
            "noise_effect": float(found.noise[0]),
            "dimension_effect": found.dimensions[:, 0].tolist(),
        }
        # The features are of whole images.
        if self.features is not None and config == self.config.generator:
            figures["frechet_distance"] = metrics.frechet_distance(
                self._real_features, self._fake_features(state)
            )
        warnings = [
            f"Layer {layer} makes {share:.2%} of what images differ by: its subspace "
            "has collapsed."
            for layer, share in enumerate(found.layers[:, 0], start=1)
            if share < _COLLAPSED and config.dims[layer - 1]
        ]
        return Measures(figures, tuple(warnings))

    @functools.cached_property
    def _real_features(self) -> Float[np.ndarray, "image feature"]:
        # Of other keys than any step's.
        drawn = jax.random.split(
            keys.step_key(self.seed, 0, keys.STANDING), _DISTANCE_IMAGES // _BATCH
        )
        batches = (self.world.sample(_BATCH, key=key).images for key in drawn)
        return metrics.collect_features(_checked(self.features), batches)

    def _fake_features(self, state: State) -> Float[np.ndarray, "image feature"]:
        draw = functools.partial(
            _sampler(self.config),
            _BATCH,
            key=keys.step_key(self.seed, 0, keys.SAMPLES),
        )
        batches = (
            _generate(self.config, state.ema, draw(start=start))
            for start in range(0, _DISTANCE_IMAGES, _BATCH)
        )
        return metrics.collect_features(_checked(self.features), batches)


def _checked(features: metrics.Features | None) -> metrics.Features:
    if features is None:
        raise RuntimeError("A distance is measured only where there are features.")
    return features


def _sampler(config: TrainConfig) -> Callable[..., EigenLatents]:
    return functools.partial(
        sample_eigen_latents,
        latent_dim=config.generator.latent_dim,
        noise_dim=config.generator.noise_dim,
    )


@functools.partial(jax.jit, static_argnums=0)
def _generate(config: TrainConfig, params: Params, latents: EigenLatents) -> Images:
    return Generator(config.generator).apply({"params": params}, latents)[0]


def train(
    config: TrainConfig,
    world: World,
    out: pathlib.Path,
    *,
    num_steps: int,
    features: metrics.Features | None = None,
    resume: bool = False,
    report_every: int = 50,
    save_every: int = 500,
    mesh: jax.sharding.Mesh | None = None,
    callback: Callable[[Progress], None] = lambda progress: None,
) -> State:
    """Returns the state after `num_steps` steps in all, writing the run's folder.

    Beside what every run writes, ``measures.jsonl`` has for each checkpoint the norm of
    U^T U - I and the importances of every layer, the share of every layer and dimension
    in what the averaged generator's images differ by, and its Fréchet distance. A layer
    of less than 1 % is warned of.

    Args:
        config: What to train.
        world: Real images, of the generator's resolution, and of the discriminator's
            classes if it tells some apart.
        out: The run's folder, as `jgan.training.run` writes it.
        num_steps: Steps in all, those before a resumption included.
        features: What the Fréchet distance of 1,000 images is taken on; None for none.
        resume: Go on from the last checkpoint in `out`.
        report_every: Steps between reports.
        save_every: Steps between checkpoints, a multiple of `report_every`.
        mesh: Devices of one axis that share the images of a step. Results are those of
            one device up to rounding.
        callback: Called with every report.

    Raises:
        ValueError: If config, world, folder and arguments do not fit each other.
        FileNotFoundError: If there is nothing to resume.
        DivergedError: If the training diverges. The last checkpoint is a good one.
    """
    return run(
        _Recipe(config, world, features),
        world,
        out,
        num_steps=num_steps,
        resume=resume,
        report_every=report_every,
        save_every=save_every,
        mesh=mesh,
        callback=callback,
    )
