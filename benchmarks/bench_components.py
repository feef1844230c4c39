"""Tensor components: jgan against the algorithm of the original code in PyTorch.

Generating the images is part of every time. Each implementation runs in a process of
its own, on two threads, and does its work twice, after a warm-up on a few images: once
for the time, once for the memory that this adds to the host's. That is the resident
peak less what lay there before once all that was free is given back, for all sides
alike. A graphics card's is not in it.

A regression has the ranks with which the original edits many modes together: half of
the units, all rows and columns. The closed form is held against 10,000 steps of jgan's
own, by R^2 on images that neither has seen.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from benchmarks import harness, resident
from benchmarks.specs import COMPONENTS, Components

IMPLEMENTATIONS = ("jgan", "torch-original", "jgan-adam-10000")
_BATCH = 16  # The original's.
_PENALTY, _LEARNING_RATE = 1e-3, 1e-4  # Likewise.
# Of decompositions: both sides take less time than with 16.
_DECOMPOSED_BATCH = 32
# Of the closed form: 2,048 components of 8,192, which 6,000 images determine, with
# modes of 1,024. Its square matrix of 2,560 is added up once for each batch.
_CUT_UNITS, _MODE_IMAGES = 128, 1024
_LARGE_BATCH = 256
_FEW_IMAGES = 2 * _LARGE_BATCH
_ADAM_STEPS = 10_000
_FEW_STEPS = 100  # As many as jgan compiles into one program.
_HELD_OUT = 4_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Work:
    """What a process does.

    Attributes:
        warm_up: What compiles all that is timed.
        run: What is timed.
        describe: Tells how a result came out.
    """

    warm_up: Callable[[], object]
    run: Callable[[], Any]
    describe: Callable[[Any], str] = lambda result: ""


def measure_all(
    *, workloads: tuple[str, ...], report: Callable[[str], None]
) -> list[harness.Measurement]:
    """Returns every workload on the implementations that it names.

    Args:
        workloads: Names in `COMPONENTS`.
        report: Told what is being measured.
    """
    measurements = []
    for name in workloads:
        spec = COMPONENTS[name]
        measurements += harness.take_turns(
            __spec__.name,
            (name,),
            spec.implementations,
            report=report,
            rounds=spec.rounds,
        )
    return measurements


def measure(workload: str, implementation: str) -> harness.Measurement:
    """Returns one workload on one implementation, measured in this process."""
    spec = COMPONENTS[workload]
    work = _WORK[spec.task, implementation](spec)
    first, (again,) = harness.time_calls(work.warm_up, repeats=1)
    results = []
    time, _ = harness.time_calls(lambda: results.append(work.run()), repeats=0)
    grown, _ = resident.growth(work.run)
    return harness.Measurement(
        benchmark="components",
        workload=spec.name,
        implementation=implementation,
        times_s=(time,),
        compile_s=max(first - again, 0.0),
        peak_memory_bytes=grown,
        device=harness.device(),
        variant=work.describe(results[0]),
    )


def _decompose_jgan(spec: Components) -> Work:
    import jax

    from benchmarks.random_gan import untrained_progan
    from jgan import components

    gan = untrained_progan(spec.config)

    def run(num_images: int) -> components.Decomposition:
        return components.mpca(
            gan,
            spec.layer,
            num_images=num_images,
            batch_size=_DECOMPOSED_BATCH,
            key=jax.random.key(0),
        )

    return Work(warm_up=lambda: run(_FEW_IMAGES), run=lambda: run(spec.count))


def _decompose_torch(spec: Components) -> Work:
    from benchmarks.torch_components import decompose

    generator = _torch_generator(spec)

    def run(num_images: int) -> object:
        return decompose(generator, num_images=num_images, batch_size=_DECOMPOSED_BATCH)

    return Work(warm_up=lambda: run(_FEW_IMAGES), run=lambda: run(spec.count))


def _adam_jgan(spec: Components) -> Work:
    import jax

    from benchmarks.random_gan import untrained_progan
    from jgan import components

    gan = untrained_progan(spec.config)
    rows, cols, units = gan.layers[spec.layer]
    latent_dim = spec.config.latent_dim
    ranks = components.TuckerRanks(rows, cols, units // 2, latent_dim)
    weight = components.tucker_weight(
        gan.layers[spec.layer], latent_dim, ranks, key=jax.random.key(1)
    )

    def run(num_steps: int) -> components.Regression:
        config = components.AdamConfig(
            num_steps=num_steps,
            batch_size=_BATCH,
            learning_rate=_LEARNING_RATE,
            penalty=_PENALTY,
        )
        return components.adam_regression(
            gan, spec.layer, weight, config=config, key=jax.random.key(0)
        ).regression

    if spec.task == "adam":
        return Work(warm_up=lambda: run(spec.count), run=lambda: run(spec.count))
    return Work(
        warm_up=lambda: run(_FEW_STEPS),
        run=lambda: run(_ADAM_STEPS),
        describe=lambda regression: _held_out(gan, spec.layer, regression),
    )


def _adam_torch(spec: Components) -> Work:
    from benchmarks import torch_components

    side = 4 << (int(spec.layer.removeprefix("layer")) - 1) // 2
    units, latent_dim = spec.config.units[0], spec.config.latent_dim
    generator = _torch_generator(spec)

    def run(num_steps: int) -> object:
        weight = torch_components.TuckerWeight(
            (units, side, side, latent_dim), (units // 2, side, side, latent_dim)
        )
        return torch_components.train(
            generator,
            weight,
            num_steps=num_steps,
            batch_size=_BATCH,
            learning_rate=_LEARNING_RATE,
            penalty=_PENALTY,
        )

    # Nothing is compiled, and a step is slow.
    return Work(warm_up=lambda: run(3), run=lambda: run(spec.count))


def _closed_form(spec: Components) -> Work:
    import jax

    from benchmarks.random_gan import untrained_progan
    from jgan import components

    gan = untrained_progan(spec.config)

    def run(num_images: int) -> components.Regression:
        key = jax.random.key(0)
        decomposition = components.mpca(
            gan,
            spec.layer,
            ranks=components.Ranks(*gan.layers[spec.layer][:2], _CUT_UNITS),
            num_images=min(num_images, _MODE_IMAGES),
            batch_size=_LARGE_BATCH,
            key=key,
        )
        return components.ridge_regression(
            gan,
            spec.layer,
            decomposition,
            num_images=num_images,
            batch_size=_LARGE_BATCH,
            key=key,
        ).regression

    return Work(
        warm_up=lambda: run(_FEW_IMAGES),
        run=lambda: run(spec.count),
        describe=lambda regression: _held_out(gan, spec.layer, regression),
    )


def _held_out(gan: Any, layer: str, regression: Any) -> str:
    import jax

    from jgan import components

    shares = components.r_squared(
        gan,
        layer,
        regression,
        num_images=_HELD_OUT,
        batch_size=_LARGE_BATCH,
        key=jax.random.key(2),
    )
    return f"R2 {shares['z']:.3f}"


def _torch_generator(spec: Components) -> Any:
    import torch

    from benchmarks.torch_components import Generator

    torch.set_num_threads(harness.THREADS)
    torch.set_default_device("cuda" if torch.cuda.is_available() else "cpu")
    return Generator(spec.config, int(spec.layer.removeprefix("layer")))


_WORK = {
    ("decompose", "jgan"): _decompose_jgan,
    ("decompose", "torch-original"): _decompose_torch,
    ("adam", "jgan"): _adam_jgan,
    ("adam", "torch-original"): _adam_torch,
    ("closed-form", "jgan"): _closed_form,
    ("closed-form", "jgan-adam-10000"): _adam_jgan,
}

if __name__ == "__main__":
    harness.main_of_child(measure, COMPONENTS, IMPLEMENTATIONS)
